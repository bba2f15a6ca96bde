// Fetching the program and the weights once. The page keeps them, so restarting a worker needs no network.

import { problem } from './language/sentences.js';

export const MODEL_NAMES = ['image-student', 'lead-student'];

/** Where each build of the engine lies. `href`s, because a worker resolves relative URLs against its own address. */
export function buildUrls(device) {
  const folder = new URL(`pkg/${device}/`, import.meta.url);
  return { glueUrl: new URL('inkbeat.js', folder).href, wasmUrl: new URL('inkbeat_bg.wasm', folder).href };
}

/**
 * Fetches every model.
 * @param {Progress} progress
 * @returns {Promise<{name: string, manifest: string, record: Uint8Array}[]>}
 */
export function fetchModels(progress) {
  return Promise.all(
    MODEL_NAMES.map(async (name) => {
      const [manifest, record] = await Promise.all([
        fetchBytes(new URL(`models/${name}.json`, import.meta.url), progress),
        fetchBytes(new URL(`models/${name}.bpk`, import.meta.url), progress),
      ]);
      return { name, manifest: new TextDecoder().decode(manifest), record };
    }),
  );
}

/** Fetches and compiles one build's wasm; the module can be handed to any number of workers. */
export async function fetchModule(wasmUrl, progress) {
  return WebAssembly.compile(await fetchBytes(wasmUrl, progress));
}

/** Adds up what several downloads have loaded, and of how much as far as the server says. */
export class Progress {
  #loaded = 0;
  #total = 0;
  #onChange;

  /** @param {(loadedBytes: number, totalBytes: number) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  expect(bytes) {
    this.#total += bytes;
  }

  add(bytes) {
    this.#loaded += bytes;
    this.#onChange(this.#loaded, this.#total);
  }
}

/** The bytes at `url`; rejects with `{code, message, hint, detail}` when they can't be had. */
async function fetchBytes(url, progress) {
  let response;
  try {
    response = await fetch(url, { credentials: 'omit' });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return await readAll(response, progress);
  } catch (error) {
    const name = new URL(url).pathname.split('/').pop();
    throw problem('INTEGRITY', { message: 'page.notLoaded', hint: 'page.notLoadedHint', part: name, detail: error.message });
  }
}

async function readAll(response, progress) {
  // With content-encoding the header counts compressed bytes but the stream gives decoded ones.
  const announced = response.headers.has('content-encoding') ? 0 : Number(response.headers.get('content-length') ?? 0);
  progress.expect(announced);
  const chunks = [];
  let length = 0;
  const stream = response.body.getReader();
  for (let read = await stream.read(); !read.done; read = await stream.read()) {
    chunks.push(read.value);
    length += read.value.length;
    progress.add(read.value.length);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
