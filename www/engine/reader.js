// Reads ECGs: chooses the device, keeps one worker going, and replaces it when it is stopped or dies.

import { fetchModule, Progress } from './assets.js';
import { obstacleToWebGpu } from './device.js';
import { locations, MODEL_NAMES } from './locations.js';
import { inEnglish, problem } from './sentences.js';
import { Weights } from './weights.js';
import { WorkerCrash, WorkerLink } from './worker-link.js';

// How far the golden logits may be off; WebGPU sums in another order than the processor.
const SELF_TEST_TOLERANCE = { cpu: 1e-3, webgpu: 5e-3 };
// A graphics driver can hang while compiling; the processor is ready meanwhile, so don't wait for ever.
const WEBGPU_PATIENCE_MS = { auto: 90_000, webgpu: 480_000 };

// What kind a file is shows in its first bytes.
const KIND_BYTES = 4096;

export class Reader {
  device = 'cpu';
  fallbackReason = null;
  selfTest = {};
  version = '';
  /** Whether the device is chosen for good. */
  isSettled = false;

  #wanted;
  #listen;
  #places;
  #ended = new AbortController();
  #links = new Set(); // Every worker that runs.
  #link = null;
  #spares = {}; // per device: a worker with its script loaded, so that the first restart needs no request
  #starting = null;
  #reading = null;
  #weights;
  #models = new Map(); // by name: models that passed their test, which every further worker gets
  #warmMs = {};
  #modules = {};
  #settled = null;

  /**
   * @param {'auto'|'cpu'|'webgpu'} wanted
   * @param {{onLoading: (progress: {stage: string, loadedBytes: number|null, totalBytes: number|null}) => void,
   *   onRequests: (times: number[]) => void, onModel?: () => void}} listen the stages are 'download' and 'check' of the
   *   program, 'weights' and, where a graphics card is waited for, 'webgpu-download' and 'webgpu-check'; `onModel` is
   *   called when weights have come into use
   * @param {ReturnType<typeof locations>} places where program and weights lie
   */
  constructor(wanted, listen, places = locations()) {
    this.#wanted = wanted;
    this.#listen = listen;
    this.#places = places;
    const tell = (loaded, total) => this.#tell('weights', loaded, total);
    this.#weights = new Weights(places, this.#ended.signal, (model) => this.#install(model), tell);
  }

  /** Loads the program and gets the processor ready; the weights come afterwards. Rejects with `{code, message, hint}`. */
  async load() {
    const { wasmUrl } = this.#places.build('cpu');
    const progress = new Progress(1, (loaded, total) => this.#tell('download', loaded, total));
    const [module] = await Promise.all([fetchModule(wasmUrl, progress, this.#ended.signal), this.#prepareSpare('cpu')]);
    this.#modules.cpu = module;
    this.#tell('check');
    await this.#start('cpu');
    await this.#prepareSpare('cpu');
    this.#settled = this.#settle();
  }

  /** Resolves once all weights are in use; rejects with `{code, message, hint}`. */
  complete() {
    return this.#weights.all();
  }

  /** What is known of the models in use. */
  get manifests() {
    return MODEL_NAMES.filter((name) => this.#models.has(name)).map((name) => JSON.parse(this.#models.get(name).manifest));
  }

  /** Resolves once all weights have arrived or failed to, and the device is chosen for good: nothing is requested after that. */
  settled() {
    return this.#settled;
  }

  /** Whether the first file has to wait for the graphics card. */
  get waitsForDevice() {
    return this.#wanted === 'webgpu';
  }

  /** Resolves once a file can be read; rejects with `{code, message, hint}` if the engine could not be restarted. */
  async ready() {
    if (this.waitsForDevice) await this.settled();
    await this.#started();
  }

  /**
   * Resolves once the weights are in use that these files are read by. Rejects with `{code, message, hint}` if they can't be had;
   * the next time they are asked for anew.
   * @param {{name: string, bytes: Uint8Array}[]} files
   * @param {(loadedBytes: number, totalBytes: number) => void} onWeights called only if they have to be waited for
   */
  async readyFor(files, onWeights) {
    const kind = files.length === 1 ? await this.kindOf(files[0].bytes) : 'strip';
    await this.#weights.needed(kind, onWeights);
  }

  /**
   * Classifies one input, for which the reader is ready (`readyFor`). Rejects with `{code, message, hint}`. A failing
   * graphics card is given up for good and the file read again on the processor.
   * @param {{name: string, bytes: Uint8Array}[]} files
   * @param {{lead?: string, sampleRateHz?: number, unit?: string}} options
   * @param {(stage: string) => void} onStage
   */
  classify(files, options, onStage) {
    return this.#ask((link) => link.classify(files, { ...options, fallbackReason: this.fallbackReason }, onStage));
  }

  /** What files hold, without classifying them; rejects as `classify` does. */
  inspect(files, options) {
    return this.#ask((link) => link.inspect(files, options));
  }

  /**
   * What each lead said, from an answer's `windows`; rejects as `classify` does.
   * @returns {Promise<{leads: string[], labels: Record<string, {probability: number, without: number[]}>}>}
   */
  async explain(windows) {
    await this.#weights.needed('explanation', () => {}); // A kept reading may be asked about first.
    return this.#ask((link) => link.explain(windows));
  }

  /** Whether bytes are a 'printout' or a 'strip'. */
  kindOf(bytes) {
    return this.#ask((link) => link.kindOf(bytes.slice(0, KIND_BYTES)));
  }

  /** Stops the reading under way, if there is one, and gets a fresh worker ready. */
  cancel() {
    if (!this.#reading) return;
    this.#link.terminate();
    const started = this.#start(this.device).catch((error) => {
      this.fallbackReason = inEnglish('card.notRestarted', { detail: error.message });
      return this.#start('cpu');
    });
    this.#restarting(started).catch(() => {}); // The next reading hears of it.
  }

  /** Stops everything for good; what is under way rejects with `{code: 'ABORTED'}`. */
  dispose() {
    this.#ended.abort();
    for (const link of this.#links) link.terminate();
  }

  async #ask(request) {
    await this.ready();
    const link = this.#link;
    try {
      return await this.#read(request);
    } catch (error) {
      if (!isBroken(error)) throw error;
      await this.#recover(link, error);
      return this.#read(request);
    }
  }

  async #read(request) {
    this.#reading = request(this.#link);
    try {
      return await this.#reading;
    } finally {
      this.#reading = null;
    }
  }

  /** Resolves once a worker is there. */
  async #started() {
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = null; // Said once; the next reading tries to start anew.
      throw error;
    }
  }

  /** Loads a model into the worker in use, and from now on into every other one. Rejects if it isn't sound. */
  async #install(model) {
    for (;;) {
      await this.#started();
      const link = this.#link;
      try {
        const { difference, warmMs } = await loadTested(link, model, this.device);
        this.#models.set(model.name, model);
        this.#warmMs[model.name] = warmMs;
        this.selfTest = { ...this.selfTest, [model.name]: difference };
        this.#listen.onModel?.();
        return;
      } catch (error) {
        // The worker was stopped with a reading, or gave way to the graphics card: its successor takes the model.
        if (this.#starting || this.#link !== link) continue;
        if (!isBroken(error)) throw error;
        await this.#recover(link, error);
      }
    }
  }

  /** Starts a worker in place of a broken one, once for all who noticed. Rejects unless a graphics card was to blame, which is given up. */
  async #recover(broken, error) {
    const lostCard = this.device === 'webgpu';
    if (lostCard) this.fallbackReason = inEnglish('card.stopped', { detail: error.message });
    broken.terminate();
    if (this.#link === broken && !this.#starting) this.#restarting(this.#start('cpu'));
    await this.#starting;
    if (!lostCard) throw crashed(error);
  }

  /** Keeps `started` as what the next reading waits for. */
  #restarting(started) {
    this.#starting = started;
    return started;
  }

  /** Resolves when no file is read and no worker starts. */
  async #idle() {
    let last = null;
    for (let busy = this.#reading ?? this.#starting; busy && busy !== last; busy = this.#reading ?? this.#starting) {
      await busy.catch(() => {});
      last = busy;
    }
  }

  /** Starts a worker on `device`, tests it and makes it the one in use. */
  async #start(device) {
    const link = this.#spares[device] ?? this.#newLink();
    delete this.#spares[device];
    let report;
    try {
      report = await this.#equip(link, device);
    } catch (error) {
      link.terminate();
      throw error instanceof WorkerCrash ? notStarted(error) : error;
    }
    this.#link?.terminate();
    this.#link = link;
    this.device = device;
    this.selfTest = report.selfTest;
    this.version = report.version;
    this.#starting = null;
  }

  /** Gets a worker ready on `device`, with all models that are in use. */
  async #equip(link, device) {
    const { glueUrl } = this.#places.build(device);
    const { version } = await link.start({ device, glueUrl, module: this.#modules[device] });
    const report = { version, selfTest: {}, warmMs: 0 };
    await this.#supply(link, device, report);
    return report;
  }

  /** Loads what `report` doesn't have yet of the models in use, and adds it. */
  async #supply(link, device, report) {
    for (const model of this.#models.values()) {
      if (model.name in report.selfTest) continue;
      const { difference, warmMs } = await loadTested(link, model, device);
      report.selfTest[model.name] = difference;
      report.warmMs += warmMs;
    }
  }

  /**
   * Waits for the weights, then tries the graphics card where it is wanted; the processor stays in use unless the card passes
   * and is no slower.
   */
  async #settle() {
    await this.#weights.fetchAll();
    if (this.#wanted !== 'cpu') {
      const forced = this.#wanted === 'webgpu';
      this.fallbackReason = (await obstacleToWebGpu(forced)) ?? (await this.#tryWebGpu(forced));
    }
    this.isSettled = true;
  }

  /** Why the card was not taken, or `null`. */
  async #tryWebGpu(forced) {
    const { wasmUrl } = this.#places.build('webgpu');
    const patience = WEBGPU_PATIENCE_MS[this.#wanted];
    let card = null;
    try {
      const progress = new Progress(1, (loaded, total) => forced && this.#tell('webgpu-download', loaded, total));
      this.#modules.webgpu = await fetchModule(wasmUrl, progress, this.#ended.signal);
      if (forced) this.#tell('webgpu-check');
      card = this.#newLink();
      const report = await withPatience(this.#equip(card, 'webgpu'), patience);
      const cpuWarmMs = Object.keys(report.selfTest).reduce((sum, name) => sum + this.#warmMs[name], 0);
      if (!forced && report.warmMs > cpuWarmMs) {
        throw new Error(inEnglish('card.slower', { cpu: Math.round(cpuWarmMs), card: Math.round(report.warmMs) }));
      }
      await this.#prepareSpare('webgpu');
      await this.#idle(); // The processor may be in the middle of a file.
      await this.#supply(card, 'webgpu', report); // What failed to arrive at first may have come by now.
      this.#link.terminate();
      this.#link = card;
      this.device = 'webgpu';
      this.selfTest = report.selfTest;
      return null;
    } catch (error) {
      card?.terminate();
      return error.message || inEnglish('card.notStarted');
    }
  }

  #newLink() {
    const { aborted } = this.#ended.signal;
    if (aborted) throw problem('ABORTED', { message: 'page.stopped' });
    const link = new WorkerLink(this.#places.startWorker(), this.#listen.onRequests, () => this.#links.delete(link));
    this.#links.add(link);
    return link;
  }

  /** Says how the loading goes; `total` only where the server said it of every part. */
  #tell(stage, loaded = null, total = 0) {
    this.#listen.onLoading({ stage, loadedBytes: loaded, totalBytes: total > 0 && total >= loaded ? total : null });
  }

  async #prepareSpare(device) {
    const spare = this.#newLink();
    try {
      await spare.prepare(this.#places.build(device).glueUrl);
    } catch (error) {
      spare.terminate();
      throw notLoaded(error);
    }
    this.#spares[device] = spare;
  }
}

/** Loads a model into a worker; rejects unless it answers as its manifest says. */
async function loadTested(link, model, device) {
  const { difference, warmMs } = await link.load(model);
  if (!(difference <= SELF_TEST_TOLERANCE[device])) {
    throw problem('INTEGRITY', { message: 'page.selfTest', hint: 'page.selfTestHint', model: model.name, difference: difference.toPrecision(2) });
  }
  return { difference, warmMs };
}

function withPatience(promise, patienceMs) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(inEnglish('card.tooLong'))), patienceMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function isBroken(error) {
  return error instanceof WorkerCrash || error.code === 'DEVICE_LOST';
}

function notStarted(error) {
  return problem('DEVICE_LOST', { message: 'page.notStarted', hint: 'page.notStartedHint', detail: error.message });
}

function notLoaded(error) {
  return problem('INTEGRITY', { message: 'page.notLoaded', hint: 'page.notLoadedHint', part: 'inkbeat.js', detail: error.message });
}

function crashed(error) {
  const memory = /memory|alloc|RangeError/i.test(error.message);
  const code = memory ? 'OUT_OF_MEMORY' : 'DEVICE_LOST';
  return problem(code, { message: memory ? 'page.crashedMemory' : 'page.crashed', hint: 'page.crashedHint' });
}
