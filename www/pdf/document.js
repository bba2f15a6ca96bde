// One PDF, opened by pdf.js in a worker of its own: how many pages it has, and each of them as a picture.
// Loaded only when a PDF comes. What can go wrong with a PDF becomes one of the page's own sentences here.

import { problem } from '../language/sentences.js';

const LIBRARY = new URL('../pkg/pdf/', import.meta.url);
const POINTS_PER_MM = 72 / 25.4;
/** Enough for the engine, which straightens printouts to 6 pixels per mm. */
const PIXELS_PER_MM = 8;
/** The longer side of A4 at that: pages that announce a smaller size hold a smaller print of the same ECG. */
const LEAST_LONG_SIDE_PX = 2376;
/** What every phone's canvas can hold, and a quarter of what the engine opens (MAX_PIXELS): larger pages are scaled down. */
const MOST_PIXELS = 16_000_000;
const MOST_SIDE_PX = 16_000;
/** A picture inside a PDF that announces more is left out, before it is unpacked: as many as the engine opens. */
const MOST_IMAGE_PIXELS = 64_000_000;
/** How far from its end a PDF may have its mark of the end; the standard's 1024 bytes, and some for what mail programs add. */
const END_BYTES = 2048;

// The library and its worker, kept for the next PDF.
let kept = null;

/**
 * Opens a PDF. Rejects with `{code, message, hint}`, or with the signal's reason when it is aborted.
 * @param {Uint8Array} bytes handed over to the worker: empty afterwards
 * @param {AbortSignal} signal ends the opening and everything done with the document
 */
export async function openDocument(bytes, signal) {
  if (!hasEnd(bytes)) throw problem('DECODE', { message: 'page.pdfCut', hint: 'page.pdfBrokenHint' });
  const { library, worker, failed } = await started(signal);
  const task = library.getDocument({
    data: bytes,
    worker,
    verbosity: library.VerbosityLevel.ERRORS,
    maxImageSize: MOST_IMAGE_PIXELS,
    // The page fetches the decoders, so that its counter of requests counts them.
    useWorkerFetch: false,
    wasmUrl: new URL('./', LIBRARY).href,
  });
  const ended = Promise.race([failed, aborted(signal)]);
  ended.catch(() => {}); // Heard by whatever is under way, if anything is.
  const whileAlive = (promise) => Promise.race([promise, ended]);
  try {
    const pdf = await whileAlive(task.promise);
    if (pdf.numPages < 1) throw problem('DECODE', { message: 'page.pdfEmpty', hint: 'page.pdfEmptyHint' });
    return new PdfDocument(pdf, task, signal, whileAlive);
  } catch (error) {
    end(task, signal);
    throw signal.aborted ? signal.reason : described(error);
  }
}

class PdfDocument {
  pageCount;

  #pdf;
  #task;
  #signal;
  #whileAlive;

  constructor(pdf, task, signal, whileAlive) {
    this.pageCount = pdf.numPages;
    this.#pdf = pdf;
    this.#task = task;
    this.#signal = signal;
    this.#whileAlive = whileAlive;
  }

  /** The page (1 is the first) as a PNG file, sharp enough to be read. */
  async picture(number) {
    const canvas = await this.#draw(number, pictureScale);
    try {
      const blob = await this.#whileAlive(new Promise((done) => canvas.toBlob(done, 'image/png')));
      if (blob === null) throw problem('OUT_OF_MEMORY', { message: 'page.pdfUndrawn', hint: 'hint.OUT_OF_MEMORY' });
      return new File([blob], `page-${number}.png`, { type: blob.type });
    } finally {
      // Safari keeps a canvas's memory for long unless it is made small.
      Object.assign(canvas, { width: 0, height: 0 });
    }
  }

  /** The page as a small canvas that fits a square of `side` pixels. */
  thumbnail(number, side) {
    return this.#draw(number, ({ width, height }) => side / Math.max(width, height));
  }

  close() {
    end(this.#task, this.#signal);
  }

  async #draw(number, scaleFor) {
    try {
      const page = await this.#whileAlive(this.#pdf.getPage(number));
      const viewport = page.getViewport({ scale: scaleFor(page.getViewport({ scale: 1 })) });
      const canvas = document.createElement('canvas');
      Object.assign(canvas, { width: Math.max(1, Math.floor(viewport.width)), height: Math.max(1, Math.floor(viewport.height)) });
      const drawing = page.render({ canvas, viewport, background: '#ffffff' });
      try {
        await this.#whileAlive(drawing.promise);
      } catch (error) {
        drawing.cancel();
        throw error;
      }
      page.cleanup();
      return canvas;
    } catch (error) {
      throw this.#signal.aborted ? this.#signal.reason : described(error, 'page.pdfUndrawn');
    }
  }
}

/** Pixels per point for a page of this size in points. */
function pictureScale({ width, height }) {
  const longSide = Math.max(width, height);
  const wanted = Math.max(PIXELS_PER_MM / POINTS_PER_MM, LEAST_LONG_SIDE_PX / longSide);
  return Math.min(wanted, Math.sqrt(MOST_PIXELS / (width * height)), MOST_SIDE_PX / longSide);
}

/** The library with a worker; `failed` rejects when the worker can't be loaded or dies. */
async function started(signal) {
  kept ??= start();
  const starting = kept;
  try {
    return await Promise.race([starting, aborted(signal)]);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (kept === starting) kept = null;
    throw problem('INTEGRITY', { message: 'page.notLoaded', hint: 'page.notLoadedHint', part: 'pdf.js', detail: String(error?.message ?? error) });
  }
}

async function start() {
  const library = await import(new URL('pdf.js', LIBRARY).href);
  const port = new Worker(new URL('worker.js', LIBRARY), { type: 'module' });
  const failed = new Promise((_, reject) => {
    port.addEventListener('error', (event) => {
      event.preventDefault();
      // A script that can't be loaded has no message.
      reject(event.message ? new Error(event.message) : notLoaded('worker.js'));
      discard();
    });
  });
  failed.catch(() => {});
  return { library, port, failed, worker: new library.PDFWorker({ port }) };
}

function end(task, signal) {
  task.destroy().catch(() => {});
  // Whatever was stopped may be busy for ever: the next PDF gets a fresh worker.
  if (signal.aborted) discard();
}

function discard() {
  kept?.then(({ port }) => port.terminate(), () => {});
  kept = null;
}

function aborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** A download that broke off can often be repaired, and would show a part of an ECG as if it were all of it. */
function hasEnd(bytes) {
  return new TextDecoder('latin1').decode(bytes.subarray(-END_BYTES)).includes('%%EOF');
}

function described(error, message = 'page.pdfBroken') {
  if (typeof error?.code === 'string' && !(error instanceof Error)) return error;
  if (error?.name === 'PasswordException') return problem('UNSUPPORTED_FORMAT', { message: 'page.pdfLocked', hint: 'page.pdfLockedHint' });
  if (error instanceof RangeError || /memory/i.test(error?.message)) {
    return problem('OUT_OF_MEMORY', { message: 'memory', hint: 'hint.OUT_OF_MEMORY' });
  }
  return problem('DECODE', { message, hint: 'page.pdfBrokenHint' });
}

function notLoaded(part) {
  return problem('INTEGRITY', { message: 'page.notLoaded', hint: 'page.notLoadedHint', part });
}
