// Fetching the program and the weights once. The page keeps them, so restarting a worker needs no network.

import { MODEL_NAMES } from './locations.js';
import { problem } from './sentences.js';

/**
 * Fetches every model.
 * @param {{model: (name: string) => {manifestUrl: string, recordUrl: string}}} places
 * @param {Progress} progress
 * @param {AbortSignal} signal gives up
 * @returns {Promise<{name: string, manifest: string, record: Uint8Array}[]>}
 */
export function fetchModels(places, progress, signal) {
  return Promise.all(
    MODEL_NAMES.map(async (name) => {
      const { manifestUrl, recordUrl } = places.model(name);
      const urls = [manifestUrl, recordUrl];
      const [manifest, record] = await Promise.all(urls.map((url) => fetchBytes(url, progress, signal)));
      return { name, manifest: new TextDecoder().decode(manifest), record };
    }),
  );
}

/** Fetches and compiles one build's wasm; the module can be handed to any number of workers. */
export async function fetchModule(wasmUrl, progress, signal) {
  const bytes = await fetchBytes(wasmUrl, progress, signal);
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw notLoaded(wasmUrl, error); // An old browser, or a host that answers with its start page instead of 404.
  }
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
async function fetchBytes(url, progress, signal) {
  let response;
  try {
    response = await fetch(url, { credentials: 'omit', signal });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return await readAll(response, progress);
  } catch (error) {
    throw notLoaded(url, error);
  }
}

function notLoaded(url, error) {
  const part = new URL(url).pathname.split('/').pop();
  return problem('INTEGRITY', { message: 'page.notLoaded', hint: 'page.notLoadedHint', part, detail: error.message });
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
