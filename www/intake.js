// The ways a file comes in: picker, camera, drop and paste; and what can be told from it before it is read.

import { byId } from './dom.js';
import { asPng, convertPicture } from './engine/files.js';
import { problem } from './language/sentences.js';

export { readBytes } from './engine/files.js';

const HEAD_BYTES = 1024;
/** As far as the engine looks for what a file with boxes is. */
const BRAND_BYTES = 40;
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
  const { pageOf } = await part(() => import('./pdf/page.js'), 'page.js');
  return pageOf(file, listen);
}

/**
 * A picture of a kind that the engine can't open, as one that it can; `null` for any other file. What opens HEIC where the
 * browser doesn't is fetched only now. Rejects with `{code, message, hint}`, or with the signal's reason.
 */
export async function openedPicture(input, signal) {
  const converted = await convertPicture(input);
  if (converted || !isHeic(input.bytes)) return converted;
  const { decodeHeic } = await part(() => import('./heic/decoder.js'), 'decoder.js');
  return asPng(input.name, await decodeHeic(input.bytes, signal));
}

/** Whether a file announces pictures of the kind that phones take. AVIF is built alike, but is another kind. */
function isHeic(bytes) {
  const head = String.fromCharCode(...bytes.subarray(0, BRAND_BYTES));
  return head.slice(4, 8) === 'ftyp' && /^(?:.{4})*(?:hei|hev|mif1|msf1)/s.test(head.slice(8)) && !/^(?:.{4})*avi/s.test(head.slice(8));
}

async function part(load, name) {
  try {
    return await load();
  } catch (error) {
    throw problem('INTEGRITY', { message: 'page.notLoaded', hint: 'page.notLoadedHint', part: name, detail: error.message });
  }
}

/** Whether a file with these first bytes is a PDF: its mark may stand a little behind the start, but not behind another kind's. */
function isPdf(head) {
  return !PICTURE.test(head) && head.includes('%PDF-');
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
