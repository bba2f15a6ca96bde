// Where the parts of the engine lie: beside this folder, or where an embedding app keeps them.

/** Every address written out: bundlers find the files that they must take along by this very expression. */
const PARTS = {
  'pkg/cpu/inkbeat.js': () => new URL('../pkg/cpu/inkbeat.js', import.meta.url),
  'pkg/cpu/inkbeat_bg.wasm': () => new URL('../pkg/cpu/inkbeat_bg.wasm', import.meta.url),
  'pkg/webgpu/inkbeat.js': () => new URL('../pkg/webgpu/inkbeat.js', import.meta.url),
  'pkg/webgpu/inkbeat_bg.wasm': () => new URL('../pkg/webgpu/inkbeat_bg.wasm', import.meta.url),
  'models/image-student.json': () => new URL('../models/image-student.json', import.meta.url),
  'models/image-student.bpk': () => new URL('../models/image-student.bpk', import.meta.url),
  'models/tracing-student.json': () => new URL('../models/tracing-student.json', import.meta.url),
  'models/tracing-student.bpk': () => new URL('../models/tracing-student.bpk', import.meta.url),
  'models/lead-student.json': () => new URL('../models/lead-student.json', import.meta.url),
  'models/lead-student.bpk': () => new URL('../models/lead-student.bpk', import.meta.url),
};

/** Each is a manifest and a record. In the order in which they are fetched: what most files are read by comes first. */
export const MODEL_NAMES = ['tracing-student', 'lead-student', 'image-student'];

/**
 * The addresses of every part. `href`s, because a worker resolves relative URLs against its own address.
 * @param {{baseUrl?: string|URL, workerUrl?: string|URL}} elsewhere `baseUrl`: a folder with `pkg/` and `models/`;
 *   `workerUrl`: the address of `engine/worker.js`, which must be of the page's own origin
 */
export function locations({ baseUrl, workerUrl } = {}) {
  const folder = baseUrl === undefined ? null : new URL(String(baseUrl).replace(/\/*$/, '/'), globalThis.location.href);
  const place = (path) => (folder ? new URL(path, folder) : PARTS[path]()).href;
  return {
    build: (device) => ({ glueUrl: place(`pkg/${device}/inkbeat.js`), wasmUrl: place(`pkg/${device}/inkbeat_bg.wasm`) }),
    model: (name) => ({ manifestUrl: place(`models/${name}.json`), recordUrl: place(`models/${name}.bpk`) }),
    startWorker: () => startWorker(workerUrl),
  };
}

/** Its address is written out for bundlers, too. */
function startWorker(workerUrl) {
  if (workerUrl !== undefined) return new Worker(new URL(workerUrl, globalThis.location.href), { type: 'module' });
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}
