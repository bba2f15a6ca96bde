// The ways a file comes in: picker, camera, drop and paste; and what can be told from it before it is read.

import { byId } from './dom.js';

export { convertPicture, readBytes } from './engine/files.js';

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
  const magic = String.fromCharCode(...bytes.subarray(0, 1024));
  const picture = /^(\xff\xd8\xff|\x89PNG|GIF8|BM|RIFF....WEBP|II\*\0|MM\0\*|%PDF|<svg|<\?xml.*<svg|8BPS|....ftyp|....JXL |....jP  )/s.test(magic);
  return picture ? 'printout' : 'strip';
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

function extension(name) {
  return name.toLowerCase().split('.').pop();
}

function isWfdb(name) {
  return ['hea', 'dat'].includes(extension(name));
}
