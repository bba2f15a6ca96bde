// The list of readings kept on this device: whether to keep them, opening one again, choosing two to compare, erasing all.

import { byId, element } from './dom.js';
import { eraseAll, isWanted, keep, kept, setWanted } from './history-store.js';
import { dateTime, onLanguage, say } from './language/language.js';
import { summary } from './result.js';

const TWO = 2;

let readings = [];
let chosen = [];
let notice = '';
let latest = null; // The reading that is shown, so that it can still be kept once the person wants it.

/**
 * Shows the list and keeps it up to date.
 * @param {{onOpen: (reading: object) => void, onCompare: (older: object, newer: object) => void}} listen
 */
export async function showHistory(listen) {
  const draw = () => drawHistory(listen);
  onLanguage(draw);
  await refresh();
  draw();
  document.addEventListener('inkbeat:kept', draw);
}

/** Lets go of the reading that was shown: it isn't what a person means who now wants readings kept. */
export function forget() {
  latest = null;
}

/** Takes note of a reading, and keeps it if the person wants readings kept. */
export async function remember({ answer, readAt, fileName, sample, versions }) {
  latest = { answer, readAt, fileName, sample, versions };
  if (isWanted()) await keepLatest();
}

async function keepLatest() {
  const { answer, ...about } = latest;
  const { picture, ...rest } = answer;
  try {
    await keep({ ...about, answer: rest, picture: picture ? await asBlob(picture) : null });
    latest = null;
    notice = '';
  } catch {
    notice = 'history.full';
  }
  await refresh();
}

/** A kept reading as the engine's answer, with its picture. */
export async function answerOf({ answer, picture }) {
  if (!picture) return { ...answer, picture: null };
  const bitmap = await createImageBitmap(picture);
  const { width, height } = bitmap;
  const pen = new OffscreenCanvas(width, height).getContext('2d');
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { ...answer, picture: { width, height, rgba: pen.getImageData(0, 0, width, height).data } };
}

async function asBlob({ width, height, rgba }) {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d').putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
}

async function refresh() {
  try {
    readings = await kept();
  } catch {
    readings = []; // A browser that gives no storage has no history.
  }
  chosen = chosen.filter((id) => readings.some((reading) => reading.id === id));
  document.dispatchEvent(new CustomEvent('inkbeat:kept', { detail: readings.length }));
}

function drawHistory(listen) {
  const box = element('input', { type: 'checkbox', id: 'keep-readings', checked: isWanted() });
  box.addEventListener('change', async () => {
    try {
      setWanted(box.checked);
      if (box.checked && latest) await keepLatest();
    } catch {
      notice = 'history.full';
    }
    drawHistory(listen);
    byId('keep-readings').focus();
  });
  const list = element('ul', { class: 'history-list' }, readings.map((reading) => historyItem(reading, listen)));
  byId('history-content').replaceChildren(
    element('p', { class: 'hint' }, say('history.hint')),
    element('p', { class: 'switch' }, box, element('label', { for: 'keep-readings' }, say('history.keep'))),
    element('p', { class: 'hint', role: 'status', id: 'history-notice' }, notice ? say(notice) : ''),
    ...(readings.length > 0 ? [list, actions(listen)] : []),
  );
}

function historyItem(reading, { onOpen }) {
  const { id, readAt, fileName } = reading;
  const when = dateTime(readAt);
  const open = element('button', { type: 'button', class: 'button', 'aria-label': say('history.openOf', { date: when }) }, say('history.open'));
  open.addEventListener('click', () => onOpen(reading));
  const box = element('input', { type: 'checkbox', id: `compare-${id}`, checked: chosen.includes(id) });
  box.addEventListener('change', () => {
    chosen = box.checked ? [...chosen, id].slice(-TWO) : chosen.filter((other) => other !== id);
    for (const other of document.querySelectorAll('[id^="compare-"]')) other.checked = chosen.includes(Number(other.id.slice('compare-'.length)));
    byId('compare').disabled = chosen.length !== TWO;
  });
  return element(
    'li',
    {},
    element('p', { class: 'history-what' }, element('strong', {}, when), element('bdi', { class: 'file-name' }, fileName), element('span', {}, summary(reading.answer.outcome))),
    element('p', { class: 'switch' }, box, element('label', { for: `compare-${id}` }, say('history.choose'))),
    open,
  );
}

function actions(listen) {
  const compare = element('button', { type: 'button', class: 'button primary', id: 'compare', disabled: chosen.length !== TWO }, say('history.compare'));
  compare.addEventListener('click', () => {
    const [first, second] = chosen.map((id) => readings.find((reading) => reading.id === id)).sort((a, b) => a.readAt - b.readAt);
    listen.onCompare(first, second);
  });
  const erase = element('button', { type: 'button', class: 'button', id: 'erase-all' }, say('history.erase'));
  erase.addEventListener('click', async () => {
    try {
      await eraseAll();
      notice = 'history.erased';
    } catch {
      notice = 'history.notErased';
    }
    await refresh();
    drawHistory(listen);
    byId('keep-readings').focus();
  });
  return element('div', { class: 'buttons' }, compare, erase);
}
