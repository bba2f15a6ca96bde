// Fetching the program and the weights once. The page keeps them, so restarting a worker needs no network.

import { problem } from './sentences.js';

/**
 * Fetches a model.
 * @param {string} name
 * @param {{manifestUrl: string, recordUrl: string}} place
 * @param {Progress} progress
 * @param {{signal: AbortSignal, priority?: string, cache?: string}} how as `fetch` takes it
 * @returns {Promise<{name: string, manifest: string, record: Uint8Array}>}
 */
export async function fetchModel(name, { manifestUrl, recordUrl }, progress, how) {
  const [manifest, record] = await Promise.all([manifestUrl, recordUrl].map((url) => fetchBytes(url, progress, how)));
  return { name, manifest: new TextDecoder().decode(manifest), record };
}

/** Fetches and compiles one build's wasm; the module can be handed to any number of workers. */
export async function fetchModule(wasmUrl, progress, signal) {
  const bytes = await fetchBytes(wasmUrl, progress, { signal });
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    throw notLoaded(wasmUrl, error); // An old browser, or a host that answers with its start page instead of 404.
  }
}

/** Adds up what several downloads have loaded, and of how much as far as the server says. */
export class Progress {
  #loaded = 0;
  #announced = [];
  #parts;
  #onChange;

  /**
   * @param {number} parts how many downloads there are
   * @param {(loadedBytes: number, totalBytes: number) => void} onChange the total is 0 until it is known of every part
   */
  constructor(parts, onChange) {
    this.#parts = parts;
    this.#onChange = onChange;
  }

  expect(bytes) {
    this.#announced.push(bytes);
  }

  add(bytes) {
    this.#loaded += bytes;
    const isKnown = this.#announced.length === this.#parts && !this.#announced.includes(0);
    this.#onChange(this.#loaded, isKnown ? this.#announced.reduce((sum, part) => sum + part, 0) : 0);
  }
}

/** The bytes at `url`; rejects with `{code, message, hint, detail}` when they can't be had. */
async function fetchBytes(url, progress, how) {
  let response;
  try {
    response = await fetch(url, { credentials: 'omit', ...how });
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
