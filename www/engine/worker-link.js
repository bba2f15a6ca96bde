// One worker, seen from outside: requests become promises, and a dead worker rejects them all.

import { problem } from './sentences.js';

/** What a request rejects with when the worker died (a wasm trap, out of memory, a lost script). */
export class WorkerCrash extends Error {}

export class WorkerLink {
  #worker;
  #pending = new Map();
  #nextId = 1;
  #ended = false;
  #onEnd;

  /**
   * @param {Worker} worker running worker.js
   * @param {(times: number[]) => void} onRequests told when the worker made network requests (ms since 1970)
   * @param {() => void} onEnd told when the worker was stopped or died
   */
  constructor(worker, onRequests, onEnd) {
    this.#worker = worker;
    this.#onEnd = onEnd;
    this.#worker.addEventListener('message', ({ data }) => {
      if (data.requestTimes) onRequests(data.requestTimes);
      else this.#receive(data);
    });
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#die(event.message || 'the worker could not be loaded');
    });
  }

  /** Loads the program's JavaScript ahead, so that a later `start` needs no request. */
  prepare(glueUrl) {
    return this.#ask({ op: 'prepare', glueUrl });
  }

  /** Starts the engine without models; resolves to `{version}`. */
  start({ device, glueUrl, module }) {
    return this.#ask({ op: 'start', device, glueUrl, module });
  }

  /** Loads and tests a model; resolves to `{difference, warmMs}`. */
  load({ name, manifest, record }) {
    return this.#ask({ op: 'load', name, manifest, record });
  }

  /** Resolves to 'printout' or 'strip', by a file's first bytes. */
  kindOf(bytes) {
    return this.#ask({ op: 'kindOf', bytes });
  }

  /** Resolves to what the files hold. */
  inspect(files, options) {
    return this.#ask({ op: 'inspect', files, options });
  }

  /** Resolves to the engine's answer; `onStage` hears 'decode', 'rectify' … as they begin. */
  classify(files, options, onStage) {
    return this.#ask({ op: 'classify', files, options }, onStage);
  }

  /** Resolves to what each lead said in an answer's windows. */
  explain(windows) {
    return this.#ask({ op: 'explain', windows });
  }

  /** Stops the worker at once; requests under way reject with `{code: 'ABORTED'}`. */
  terminate() {
    this.#end(problem('ABORTED', { message: 'page.stopped', hint: 'page.stoppedHint' }));
  }

  #ask(request, onStage = () => {}) {
    if (this.#ended) return Promise.reject(new WorkerCrash('the worker has ended'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onStage });
      this.#worker.postMessage({ id, ...request });
    });
  }

  #receive(reply) {
    if (reply.crash !== undefined) return this.#die(reply.crash);
    const request = this.#pending.get(reply.id);
    if (!request) return undefined;
    if (reply.stage !== undefined) return request.onStage(reply.stage);
    this.#pending.delete(reply.id);
    return reply.error ? request.reject(reply.error) : request.resolve(reply.value);
  }

  #die(message) {
    this.#end(new WorkerCrash(message));
  }

  #end(reason) {
    this.#ended = true;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.#onEnd();
  }
}
