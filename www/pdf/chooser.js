// Which page of a PDF is the ECG: small pictures of all pages, of which one is chosen.

import { byId, element } from '../dom.js';
import { onLanguage, say } from '../language/language.js';

/** Pages that are offered: a whole patient record is no ECG, and somebody would have to look through it. */
const MOST_SHOWN = 100;
const THUMBNAIL_PX = 320;

let retell = () => {};
onLanguage(() => retell());

/**
 * Shows the pages until one is chosen; resolves to its number (1 is the first), rejects with the signal's reason.
 * @param {{pageCount: number, thumbnail: (number: number, side: number) => Promise<HTMLCanvasElement>}} document
 */
export async function choosePage(document, signal, onCancel) {
  const shown = Math.min(document.pageCount, MOST_SHOWN);
  const pages = Array.from({ length: shown }, (_, index) => pageChoice(index + 1));
  const title = element('h2', { id: 'pages-title' });
  const hint = element('p', { class: 'hint', id: 'pages-hint' });
  const read = element('button', { type: 'submit', class: 'button primary', id: 'pages-read' });
  const stop = element('button', { type: 'button', class: 'button', id: 'pages-cancel' });
  stop.addEventListener('click', onCancel);
  const form = element(
    'form',
    { class: 'pages-form' },
    element('div', { class: 'page-choices', role: 'radiogroup', 'aria-labelledby': 'pages-title', 'aria-describedby': 'pages-hint' }, pages.map(({ node }) => node)),
    element('div', { class: 'buttons' }, read, stop),
  );
  const chosen = () => pages.find(({ radio }) => radio.checked).number;
  retell = () => {
    title.textContent = say('pdf.title');
    hint.textContent = say('pdf.hint', { count: document.pageCount });
    if (shown < document.pageCount) hint.append(' ', say('pdf.more', { count: shown }));
    read.textContent = say('pdf.read', { page: chosen() });
    stop.textContent = say('work.cancel');
    for (const { words, number } of pages) words.textContent = say('pdf.page', { page: number });
  };
  form.addEventListener('change', () => retell());
  retell();

  const place = byId('pages');
  place.replaceChildren(title, hint, form);
  place.hidden = false;
  place.scrollIntoView({ block: 'start' });
  pages[0].radio.focus({ preventScroll: true });
  const drawing = drawThumbnails(document, pages);
  try {
    return await new Promise((resolve, reject) => {
      form.addEventListener('submit', (event) => {
        event.preventDefault();
        resolve(chosen());
      });
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  } finally {
    retell = () => {};
    place.hidden = true;
    place.replaceChildren();
    await drawing.stop(); // One page at a time: the chosen one is drawn when no small one is.
  }
}

function pageChoice(number) {
  const radio = element('input', { type: 'radio', name: 'pdf-page', id: `pdf-page-${number}`, value: number, checked: number === 1 });
  const picture = element('span', { class: 'page-picture', 'aria-hidden': 'true' });
  const words = element('span', { class: 'page-words' });
  const node = element('label', { class: 'page-choice' }, radio, picture, words);
  return { number, radio, picture, words, node };
}

/** Draws the pages that come into view, one after the other. A page that can't be drawn keeps its empty frame. */
function drawThumbnails(document, pages) {
  const waiting = new Set();
  let stopped = false;
  let running = Promise.resolve();
  let idle = true;
  const run = async () => {
    idle = false;
    while (!stopped && waiting.size > 0) {
      const page = pages.find((candidate) => waiting.has(candidate));
      waiting.delete(page);
      const canvas = await document.thumbnail(page.number, THUMBNAIL_PX).catch(() => null);
      if (canvas && !stopped) page.picture.replaceChildren(canvas);
    }
    idle = true;
  };
  const observer = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      observer.unobserve(target);
      waiting.add(pages.find(({ node }) => node === target));
    }
    if (idle) running = run();
  }, { rootMargin: '200px' });
  for (const { node } of pages) observer.observe(node);
  const stop = () => {
    stopped = true;
    observer.disconnect();
    return running;
  };
  return { stop };
}
