// Reads ECGs: chooses the device, keeps one worker going, and replaces it when it is stopped or dies.

import { buildUrls, fetchModels, fetchModule, Progress } from './assets.js';
import { obstacleToWebGpu } from './device.js';
import { inEnglish, problem } from './language/sentences.js';
import { WorkerCrash, WorkerLink } from './worker-link.js';

// How far the golden logits may be off; WebGPU sums in another order than the processor.
const SELF_TEST_TOLERANCE = { cpu: 1e-3, webgpu: 5e-3 };
// A graphics driver can hang while compiling; the processor is ready meanwhile, so don't wait for ever.
const WEBGPU_PATIENCE_MS = { auto: 90_000, webgpu: 480_000 };

export class Reader {
  device = 'cpu';
  fallbackReason = null;
  selfTest = {};
  version = '';
  manifests = [];

  #wanted;
  #listen;
  #link = null;
  #spares = {}; // per device: a worker with its script loaded, so that the first restart needs no request
  #starting = null;
  #reading = null;
  #models = [];
  #modules = {};
  #settled = null;

  /**
   * @param {'auto'|'cpu'|'webgpu'} wanted
   * @param {{onLoading: (words: string, bytes: number|null, fraction: number|null) => void, onRequests: (times: number[]) => void}} listen
   */
  constructor(wanted, listen) {
    this.#wanted = wanted;
    this.#listen = listen;
  }

  /** Loads everything and gets the processor ready. Rejects with `{code, message, hint}`. */
  async load() {
    const { wasmUrl } = buildUrls('cpu');
    const progress = new Progress((loaded, total) => {
      const known = total >= loaded && total > 0;
      this.#listen.onLoading('engine.amount', loaded, known ? loaded / total : null);
    });
    const [module, models] = await Promise.all([
      fetchModule(wasmUrl, progress),
      fetchModels(progress),
      this.#prepareSpare('cpu'),
    ]);
    this.#modules.cpu = module;
    this.#models = models;
    this.#listen.onLoading('engine.checking', null, null);
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

  /**
   * Classifies one input. Rejects with `{code, message, hint}`. A failing graphics card is given up for good
   * and the file read again on the processor.
   * @param {{name: string, bytes: Uint8Array}[]} files
   * @param {{lead?: string, sampleRateHz?: number, unit?: string}} options
   * @param {(stage: string) => void} onStage
   */
  async classify(files, options, onStage) {
    if (this.waitsForDevice) await this.settled();
    await this.#starting;
    try {
      return await this.#ask(files, options, onStage);
    } catch (error) {
      const broken = error instanceof WorkerCrash || error.code === 'DEVICE_LOST';
      if (!broken) throw error;
      const lostCard = this.device === 'webgpu';
      if (lostCard) this.fallbackReason = inEnglish('card.stopped', { detail: error.message });
      this.#link.terminate();
      await this.#start('cpu');
      if (!lostCard) throw crashed(error);
      onStage('decode');
      return this.#ask(files, options, onStage);
    }
  }

  /** Stops the reading under way, if there is one, and gets a fresh worker ready. */
  cancel() {
    if (!this.#reading) return;
    this.#link.terminate();
    this.#starting = this.#start(this.device).catch((error) => {
      this.fallbackReason = inEnglish('card.notRestarted', { detail: error.message });
      return this.#start('cpu');
    });
    this.#starting.catch(() => {}); // The next classify hears of it.
  }

  async #ask(files, options, onStage) {
    this.#reading = this.#link.classify(files, { ...options, fallbackReason: this.fallbackReason }, onStage);
    try {
      return await this.#reading;
    } finally {
      this.#reading = null;
    }
  }

  /** Starts a worker on `device`, tests it and makes it the one in use. Returns the warm time of the golden inputs. */
  async #start(device) {
    const link = this.#spares[device] ?? this.#newLink();
    delete this.#spares[device];
    let report;
    try {
      report = await link.start({ device, ...buildUrls(device), module: this.#modules[device], models: this.#models });
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
    if (this.#wanted === 'cpu') return;
    const forced = this.#wanted === 'webgpu';
    const reason = (await obstacleToWebGpu(forced)) ?? (await this.#tryWebGpu(forced, cpuWarmMs));
    this.fallbackReason = reason;
  }

  /** Why the card was not taken, or `null`. */
  async #tryWebGpu(forced, cpuWarmMs) {
    const { glueUrl, wasmUrl } = buildUrls('webgpu');
    const patience = WEBGPU_PATIENCE_MS[this.#wanted];
    let card = null;
    try {
      const progress = new Progress((loaded) => {
        if (forced) this.#listen.onLoading('engine.cardAmount', loaded, null);
      });
      this.#modules.webgpu = await fetchModule(wasmUrl, progress);
      if (forced) this.#listen.onLoading('engine.card', null, null);
      card = this.#newLink();
      const start = card.start({ device: 'webgpu', glueUrl, module: this.#modules.webgpu, models: this.#models });
      const report = await withPatience(start, patience);
      checkSelfTest(report.selfTest, 'webgpu');
      if (!forced && report.warmMs > cpuWarmMs) {
        throw new Error(inEnglish('card.slower', { cpu: Math.round(cpuWarmMs), card: Math.round(report.warmMs) }));
      }
      await this.#prepareSpare('webgpu');
      await this.#reading?.catch(() => {}); // The processor may be in the middle of a file.
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
    return new WorkerLink(this.#listen.onRequests);
  }

  async #prepareSpare(device) {
    const spare = this.#newLink();
    try {
      await spare.prepare(buildUrls(device).glueUrl);
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
