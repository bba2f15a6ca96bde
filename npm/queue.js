// One worker reads one file at a time: whatever is asked of it waits in line, and can be given up at any moment.

import { aborted, asEcgError } from './errors.js';

export class Queue {
  #interrupt;
  #tail = Promise.resolve();
  #waiting = new Set();
  #running = null;

  /** @param {() => void} interrupt stops the work under way */
  constructor(interrupt) {
    this.#interrupt = interrupt;
  }

  /**
   * Runs `work` after all that was asked for before. Rejects as soon as `signal` fires, whether its turn has come or not.
   * @param {(throwIfStopped: () => void) => Promise} work asks between its steps whether to go on
   * @param {AbortSignal} [signal]
   */
  run(work, signal) {
    if (signal?.aborted) return Promise.reject(aborted(signal));
    return new Promise((resolve, reject) => {
      const task = { stoppedBy: null };
      const onAbort = () => task.stop(aborted(signal));
      const end = () => {
        this.#waiting.delete(task);
        signal?.removeEventListener('abort', onAbort);
      };
      task.stop = (reason) => {
        task.stoppedBy = reason;
        end();
        reject(reason);
        if (this.#running === task) this.#interrupt();
      };
      const throwIfStopped = () => {
        if (task.stoppedBy) throw task.stoppedBy;
      };
      this.#waiting.add(task);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#tail = this.#tail.then(async () => {
        this.#running = task;
        try {
          throwIfStopped();
          resolve(await work(throwIfStopped));
        } catch (error) {
          reject(asEcgError(error));
        }
        this.#running = null;
        end();
      });
    });
  }

  /** Rejects everything that waits or runs. */
  stopAll(reason) {
    for (const task of [...this.#waiting]) task.stop(reason);
  }
}
