// HEIC pictures where the browser can't open them: by libheif, in a worker. Loaded only when one comes. What can go wrong
// with a picture becomes one of the page's own sentences here.

import { problem } from '../language/sentences.js';
import { addNamedRequests } from '../requests.js';
import { isWhole } from './boxes.js';

/** As many as the engine opens of other kinds; refused before anything is decoded. */
const MOST_PIXELS = 64_000_000;
/** A photo takes seconds; what takes minutes was made to. */
const PATIENCE_MS = 120_000;
/** Of `heif_error_code` and `heif_suberror_code`. */
const [UNSUPPORTED_FILE, UNSUPPORTED_FEATURE, MEMORY, NO_DECODER] = [3, 4, 6, 11];
const SECURITY_LIMIT = 1000;

// The library and its worker, kept for the next picture.
let kept = null;

/**
 * Rejects with `{code, message, hint}`, or with the signal's reason when it is aborted.
 * @param {Uint8Array} bytes
 * @param {AbortSignal} signal
 * @returns {Promise<ImageData>} the primary picture, upright
 */
export async function decodeHeic(bytes, signal) {
  if (!isWhole(bytes)) throw problem('DECODE', { message: 'picture.end', hint: 'hint.DECODE' });
  const answer = await answerFor(bytes, signal);
  if (!answer.pixels) throw described(answer);
  const { width, height, rgba } = answer.pixels;
  return new ImageData(rgba, width, height);
}

/** The worker's answer. Without one the worker is given up: it may be busy for ever. */
async function answerFor(bytes, signal) {
  let onAbort;
  let timer;
  const givenUp = new Promise((_, reject) => {
    onAbort = () => reject(signal.reason);
    timer = setTimeout(() => reject(problem('DECODE', { message: 'page.heicSlow', hint: 'page.heicHint' })), PATIENCE_MS);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([asked(bytes), givenUp]);
  } catch (error) {
    discard();
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

async function asked(bytes) {
  kept ??= start();
  const { worker, module, failed } = await kept;
  const answer = new Promise((resolve) => worker.addEventListener('message', ({ data }) => resolve(data), { once: true }));
  worker.postMessage({ module, bytes, mostPixels: MOST_PIXELS });
  return Promise.race([answer, failed]);
}

async function start() {
  const worker = new Worker(new URL('./worker.js', import.meta.url));
  const failed = new Promise((_, reject) => {
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      reject(notLoaded('libheif.js', event.message ?? ''));
    });
  });
  failed.catch(() => {}); // Heard by whatever is under way, if anything is.
  const library = new Promise((resolve) => worker.addEventListener('message', ({ data }) => resolve(data.requests), { once: true }));
  try {
    const [module, requests] = await Promise.all([compiled(), Promise.race([library, failed])]);
    addNamedRequests(requests);
    return { worker, module, failed };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

async function compiled() {
  try {
    const response = await fetch(new URL('../pkg/heic/libheif.wasm', import.meta.url), { credentials: 'omit' });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw notLoaded('libheif.wasm', error.message);
  }
}

function discard() {
  kept?.then(({ worker }) => worker.terminate(), () => {});
  kept = null;
}

function described({ tooLarge, error, crash = '' }) {
  if (tooLarge) return problem('TOO_LARGE', { message: 'picture.pixels', hint: 'hint.TOO_LARGE', ...tooLarge });
  if (error?.subcode === SECURITY_LIMIT) return problem('TOO_LARGE', { message: 'picture.memory', hint: 'hint.TOO_LARGE' });
  if (/memory|alloc|RangeError/i.test(crash) || error?.code === MEMORY) {
    return problem('OUT_OF_MEMORY', { message: 'memory', hint: 'hint.OUT_OF_MEMORY' });
  }
  if ([UNSUPPORTED_FILE, UNSUPPORTED_FEATURE, NO_DECODER].includes(error?.code)) {
    return problem('UNSUPPORTED_FORMAT', { message: 'page.heicKind', hint: 'page.heicHint' });
  }
  return problem('DECODE', { message: 'picture.damaged', hint: 'hint.DECODE', detail: crash || `libheif ${error.code}.${error.subcode}` });
}

function notLoaded(part, detail) {
  return problem('INTEGRITY', { message: 'page.notLoaded', hint: 'page.notLoadedHint', part, detail });
}
