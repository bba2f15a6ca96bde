// The ways a file comes in: picker, camera, drop and paste; and what can be told from it before it is read.

import { byId } from './dom.js';
import { problem } from './language/sentences.js';

// Room for a 64-megapixel picture, the most that is decoded; more would only exhaust the tab's memory.
export const MAX_BYTES = 256 * 1024 * 1024;

const HEAD_BYTES = 1024;
const CANVAS_PIXELS = 16_000_000; // What every phone's canvas can hold.
const PICTURE = /^(\xff\xd8\xff|\x89PNG|GIF8|BM|RIFF....WEBP|II\*\0|MM\0\*|<svg|<\?xml.*<svg|8BPS|....ftyp|....JXL |....jP  )/s;

/** Calls `onFiles(File[])` for whatever the person gives the page. */
export function listenForFiles(onFiles) {
  const camera = byId('camera');
  byId('file').addEventListener('change', ({ target }) => target.files.length > 0 && onFiles([...target.files]));
  camera.addEventListener('change', () => {
    if (camera.files.length > 0) onFiles([...camera.files]);
    camera.value = ''; // The same photo chosen again is a change too.
  });
  byId('take-photo').addEventListener('click', () => camera.click());
  listenForDrops(onFiles);
  document.addEventListener('paste', (event) => {
    if (event.target.closest?.('input, select, textarea')) return;
    const files = pastedFiles(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  });
}

/** 'printout' for pictures, 'strip' for recordings, by the first bytes; the engine decides for good. */
export function guessKind(bytes) {
  return PICTURE.test(String.fromCharCode(...bytes.subarray(0, HEAD_BYTES))) ? 'printout' : 'strip';
}

/**
 * The files that make up one ECG: a WFDB header goes with its signal file, everything else stands alone.
 * `waiting` is an earlier lone half of a WFDB pair, which a phone may only let people choose one by one.
 */
export function oneEcg(chosen, waiting = []) {
  const halves = chosen.filter(({ name }) => isWfdb(name));
  if (halves.length === 0) return { files: chosen.slice(0, 1), ignored: chosen.length - 1 };
  const partner = halves.length === 1 ? waiting.filter(({ name }) => isWfdb(name) && name !== halves[0].name) : [];
  const fits = partner.length === 1 && extension(partner[0].name) !== extension(halves[0].name);
  return { files: fits ? [...partner, ...halves] : halves, ignored: chosen.length - halves.length };
}

/** `a.hea + a.dat`; `report.pdf (2/5)` for the second page of five. */
export function nameOf({ files, page }) {
  return files.map(({ name }) => name).join(' + ') + (page?.count > 1 ? ` (${page.number}/${page.count})` : '');
}

/** What a problem with an input of this kind is to be explained for: a page that was drawn from a PDF can't be photographed again. */
export function sourceOf({ page }, kind) {
  if (!page) return kind;
  return page.count > 1 ? 'pdfPage' : 'pdf';
}

/**
 * The page of a PDF that is to be read, as `{file, number, count}`; `null` for any other file. What reads PDFs is fetched only now.
 * `listen` is that of `pdf/page.js`.
 */
export async function pageOfPdf(file, listen) {
  if (!isPdf(await headOf(file))) return null;
  listen.signal.throwIfAborted();
  listen.onPdf();
  let reader;
  try {
    reader = await import('./pdf/page.js');
  } catch (error) {
    throw problem('INTEGRITY', { message: 'page.notLoaded', hint: 'page.notLoadedHint', part: 'page.js', detail: error.message });
  }
  return reader.pageOf(file, listen);
}

/** Whether a file with these first bytes is a PDF: its mark may stand a little behind the start, but not behind another kind's. */
function isPdf(head) {
  return !PICTURE.test(head) && head.includes('%PDF-');
}

/** The bytes of each file; rejects with `{code, message, hint}` if one is too large or unreadable. */
export async function readBytes(files) {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_BYTES) {
    const [megabytes, most] = [total, MAX_BYTES].map((bytes) => Math.round(bytes / 1048576));
    throw problem('TOO_LARGE', { message: 'page.bytes', hint: 'hint.TOO_LARGE', megabytes, most });
  }
  try {
    return await Promise.all(files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })));
  } catch {
    throw problem('DECODE', { message: 'page.unopened', hint: 'page.unopenedHint' });
  }
}

/**
 * A picture of a kind that only the browser can decode (HEIC in Safari, AVIF), as PNG; `null` if it can't either.
 * Other kinds go to the engine untouched.
 */
export async function convertPicture({ name, bytes }) {
  const brand = String.fromCharCode(...bytes.subarray(4, 12));
  if (!/^ftyp(hei|hev|mif|msf|avi)/.test(brand)) return null;
  try {
    const bitmap = await createImageBitmap(new Blob([bytes]));
    // A phone's 48 megapixels don't fit a canvas of that phone; what is left of them shows every square of the grid.
    const scale = Math.min(1, Math.sqrt(CANVAS_PIXELS / (bitmap.width * bitmap.height)));
    const canvas = new OffscreenCanvas(Math.floor(bitmap.width * scale), Math.floor(bitmap.height * scale));
    const pen = canvas.getContext('2d');
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const png = await canvas.convertToBlob({ type: 'image/png' });
    return { name, bytes: new Uint8Array(await png.arrayBuffer()) };
  } catch {
    return null;
  }
}

function listenForDrops(onFiles) {
  const veil = byId('drop-veil');
  const carriesFiles = (event) => event.dataTransfer?.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  document.addEventListener('drop', (event) => {
    veil.hidden = true;
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files.length > 0) onFiles([...event.dataTransfer.files]);
  });
}

function pastedFiles(clipboard) {
  if (clipboard.files.length > 0) return [...clipboard.files];
  const text = clipboard.getData('text/plain');
  // A column of numbers has line breaks and digits; a pasted word or address isn't meant as an ECG.
  return /\d[^\n]*\n[^\n]*\d/.test(text) ? [new File([text], 'pasted.csv', { type: 'text/csv' })] : [];
}

async function headOf(file) {
  const bytes = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer().catch(() => [])); // `readBytes` tells of it.
  return String.fromCharCode(...bytes);
}

function extension(name) {
  return name.toLowerCase().split('.').pop();
}

function isWfdb(name) {
  return ['hea', 'dat'].includes(extension(name));
}
