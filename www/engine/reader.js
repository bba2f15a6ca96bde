// Reads ECGs: chooses the device, keeps one worker going, and replaces it when it is stopped or dies.

import { fetchModels, fetchModule, Progress } from './assets.js';
import { obstacleToWebGpu } from './device.js';
import { locations } from './locations.js';
import { inEnglish, problem } from './sentences.js';
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
  manifests = [];
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
  #models = [];
  #modules = {};
  #settled = null;

  /**
   * @param {'auto'|'cpu'|'webgpu'} wanted
   * @param {{onLoading: (progress: {stage: string, loadedBytes: number|null, totalBytes: number|null}) => void,
   *   onRequests: (times: number[]) => void}} listen the stages are 'download', 'check' and, where a graphics card is
   *   waited for, 'webgpu-download' and 'webgpu-check'
   * @param {ReturnType<typeof locations>} places where program and weights lie
   */
  constructor(wanted, listen, places = locations()) {
    this.#wanted = wanted;
    this.#listen = listen;
    this.#places = places;
  }

  /** Loads everything and gets the processor ready. Rejects with `{code, message, hint}`. */
  async load() {
    const { wasmUrl } = this.#places.build('cpu');
    const { signal } = this.#ended;
    const progress = new Progress((loaded, total) => this.#tell('download', loaded, total));
    const [module, models] = await Promise.all([
      fetchModule(wasmUrl, progress, signal),
      fetchModels(this.#places, progress, signal),
      this.#prepareSpare('cpu'),
    ]);
    this.#modules.cpu = module;
    this.#models = models;
    this.#tell('check');
    const timing = await this.#start('cpu');
    this.manifests = models.map(({ manifest }) => JSON.parse(manifest));
    await this.#prepareSpare('cpu');
    this.#settled = this.#settleDevice(timing);
  }

  /** Resolves once the device is chosen for good: nothing is requested after that. */
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
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = null; // Said once; the next reading tries to start anew.
      throw error;
    }
  }

  /**
   * Classifies one input. Rejects with `{code, message, hint}`. A failing graphics card is given up for good
   * and the file read again on the processor.
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
  explain(windows) {
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
    try {
      return await this.#read(request);
    } catch (error) {
      const broken = error instanceof WorkerCrash || error.code === 'DEVICE_LOST';
      if (!broken) throw error;
      const lostCard = this.device === 'webgpu';
      if (lostCard) this.fallbackReason = inEnglish('card.stopped', { detail: error.message });
      this.#link.terminate();
      await this.#restarting(this.#start('cpu'));
      if (!lostCard) throw crashed(error);
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

  /** Starts a worker on `device`, tests it and makes it the one in use. Returns the warm time of the golden inputs. */
  async #start(device) {
    const link = this.#spares[device] ?? this.#newLink();
    delete this.#spares[device];
    let report;
    try {
      const { glueUrl } = this.#places.build(device);
      report = await link.start({ device, glueUrl, module: this.#modules[device], models: this.#models });
      checkSelfTest(report.selfTest, device);
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
    return report.warmMs;
  }

  /** Tries the graphics card where it is wanted; the processor stays in use unless the card passes and is no slower. */
  async #settleDevice(cpuWarmMs) {
    if (this.#wanted !== 'cpu') {
      const forced = this.#wanted === 'webgpu';
      this.fallbackReason = (await obstacleToWebGpu(forced)) ?? (await this.#tryWebGpu(forced, cpuWarmMs));
    }
    this.isSettled = true;
  }

  /** Why the card was not taken, or `null`. */
  async #tryWebGpu(forced, cpuWarmMs) {
    const { glueUrl, wasmUrl } = this.#places.build('webgpu');
    const patience = WEBGPU_PATIENCE_MS[this.#wanted];
    let card = null;
    try {
      const progress = new Progress((loaded, total) => forced && this.#tell('webgpu-download', loaded, total));
      this.#modules.webgpu = await fetchModule(wasmUrl, progress, this.#ended.signal);
      if (forced) this.#tell('webgpu-check');
      card = this.#newLink();
      const start = card.start({ device: 'webgpu', glueUrl, module: this.#modules.webgpu, models: this.#models });
      const report = await withPatience(start, patience);
      checkSelfTest(report.selfTest, 'webgpu');
      if (!forced && report.warmMs > cpuWarmMs) {
        throw new Error(inEnglish('card.slower', { cpu: Math.round(cpuWarmMs), card: Math.round(report.warmMs) }));
      }
      await this.#prepareSpare('webgpu');
      await this.#idle(); // The processor may be in the middle of a file.
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

function checkSelfTest(selfTest, device) {
  for (const [name, difference] of Object.entries(selfTest)) {
    if (!(difference <= SELF_TEST_TOLERANCE[device])) {
      throw problem('INTEGRITY', { message: 'page.selfTest', hint: 'page.selfTestHint', model: name, difference: difference.toPrecision(2) });
    }
  }
}

function withPatience(promise, patienceMs) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(inEnglish('card.tooLong'))), patienceMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
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
