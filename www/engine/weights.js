// The networks' weights as they arrive: fetched in the background, and at once what a reading waits for.

import { fetchModel, Progress } from './assets.js';
import { MODEL_NAMES } from './locations.js';

/** What a file of each kind may be read by: which of them is only known when its leads are. A page may show a single one. */
const NEEDED = {
  printout: ['tracing-student', 'image-student', 'lead-student'],
  strip: ['tracing-student', 'lead-student'],
  explanation: ['tracing-student'],
};

export class Weights {
  #places;
  #signal;
  #install;
  #onProgress;
  #arriving = {}; // by name: a promise, kept unless it fails
  #failed = new Set();
  #amounts = {}; // by name: {loadedBytes, totalBytes}; the total is 0 while it isn't known
  #waiting = new Set();

  /**
   * @param {ReturnType<typeof import('./locations.js').locations>} places
   * @param {AbortSignal} signal gives up
   * @param {(model: {name: string, manifest: string, record: Uint8Array}) => Promise<void>} install rejects if it isn't sound
   * @param {(loadedBytes: number, totalBytes: number) => void} onProgress hears of all models together
   */
  constructor(places, signal, install, onProgress) {
    this.#places = places;
    this.#signal = signal;
    this.#install = install;
    this.#onProgress = onProgress;
  }

  /** Fetches everything, one model after the other and after all else. What fails is left to the reading that needs it. */
  async fetchAll() {
    for (const name of MODEL_NAMES) await this.#bring(name, 'low').catch(() => {});
  }

  /** Resolves once everything is in use; rejects with `{code, message, hint}` if a part can't be had. */
  all() {
    return this.#need(MODEL_NAMES, () => {});
  }

  /**
   * Resolves once what reads files of this kind is in use. What failed before is tried again; rejects with `{code, message, hint}`.
   * @param {'printout'|'strip'|'explanation'} kind
   * @param {(loadedBytes: number, totalBytes: number) => void} onProgress called only if there is something to wait for
   */
  needed(kind, onProgress) {
    return this.#need(NEEDED[kind], onProgress);
  }

  async #need(names, onProgress) {
    const missing = names.filter((name) => !this.#amounts[name]?.isInUse);
    if (missing.length === 0) return;
    const tell = () => onProgress(...this.#sum(missing));
    this.#waiting.add(tell);
    try {
      tell();
      await Promise.all(missing.map((name) => this.#bring(name)));
    } finally {
      this.#waiting.delete(tell);
    }
  }

  #bring(name, priority = 'auto') {
    this.#arriving[name] ??= this.#fetch(name, priority).catch((error) => {
      delete this.#arriving[name];
      this.#failed.add(name);
      throw error;
    });
    return this.#arriving[name];
  }

  async #fetch(name, priority) {
    const amount = { loadedBytes: 0, totalBytes: 0, isInUse: false };
    this.#amounts[name] = amount;
    const progress = new Progress(2, (loadedBytes, totalBytes) => {
      Object.assign(amount, { loadedBytes, totalBytes });
      for (const tell of this.#waiting) tell();
      this.#onProgress(...this.#sum(Object.keys(this.#amounts)));
    });
    // What the browser kept of a failed attempt may be just what is wrong.
    const cache = this.#failed.has(name) ? 'reload' : 'default';
    await this.#install(await fetchModel(name, this.#places.model(name), progress, { signal: this.#signal, priority, cache }));
    amount.isInUse = true;
  }

  /** Bytes of these models, and of how many; 0 where that isn't known of each. */
  #sum(names) {
    const amounts = names.map((name) => this.#amounts[name] ?? { loadedBytes: 0, totalBytes: 0 });
    const total = amounts.every(({ totalBytes }) => totalBytes > 0) ? amounts.reduce((sum, { totalBytes }) => sum + totalBytes, 0) : 0;
    return [amounts.reduce((sum, { loadedBytes }) => sum + loadedBytes, 0), total];
  }
}
