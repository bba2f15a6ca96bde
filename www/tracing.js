// What was looked at: the straightened page with the curves as they were digitised drawn over it, or the strip on paper.

import { element, svgElement } from './dom.js';
import { say } from './language/language.js';
import { drawStrip } from './paper.js';
import { saveButton } from './save.js';
import { signalsCsv } from './signals-csv.js';

/** How much larger than at first the picture can be made. A phone shows a part at first, and can show the whole. */
const SIZES = [1, 1.5, 2, 3, 4];
const NARROW_SIZES = [0.5, ...SIZES];

/**
 * @param {{width: number, height: number, rgba: Uint8ClampedArray}} picture
 * @param {{lead: string, overlay: Float32Array}[]} leads may be empty
 * @param {{header: string, signals: Uint8Array}|null} wfdb the same as a WFDB record
 * @param {boolean} scaled whether speed and gain are known, so that the curves are signals
 */
export function pageNodes(picture, leads, wfdb, scaled) {
  const overlay = leads.length > 0 ? overlayOf(picture, leads) : null;
  const view = element('div', { class: 'tracing', tabindex: '0', role: 'region', 'aria-label': say('tracing.region') }, stack(picture, overlay));
  return [
    view,
    element('div', { class: 'tracing-controls' }, sizeButtons(view), overlay ? overlaySwitch(overlay) : null),
    element('p', { class: 'hint' }, say('tracing.straightened')),
    element('p', { class: 'hint on-narrow-screens' }, say('tracing.swipe')),
    overlay ? signalsNodes(leads, wfdb, scaled) : null,
  ];
}

/** The page with its curves, without anything to switch or save; `name` tells it from others. */
export function pictureOf(picture, leads, name) {
  return element('div', { class: 'tracing', tabindex: '0', role: 'region', 'aria-label': `${say('tracing.region')}: ${name}` }, stack(picture, overlayOf(picture, leads)));
}

/** A strip on paper, in rows short enough for the screen. */
export function stripDrawing(strip) {
  return element('div', { class: 'tracing' }, drawStrip(strip, isNarrow() ? 4 : 5));
}

function isNarrow() {
  return window.matchMedia('(max-width: 40rem)').matches;
}

function stack(picture, overlay) {
  return element('div', { class: 'tracing-stack' }, pictureCanvas(picture), overlay);
}

function pictureCanvas({ width, height, rgba }) {
  const canvas = element('canvas', { width, height, role: 'img', 'aria-label': say('tracing.picture') });
  canvas.getContext('2d').putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  return canvas;
}

function overlayOf({ width, height }, leads) {
  const curves = leads.map(({ lead, overlay }) => svgElement('path', { 'data-lead': lead, d: curve(overlay) }));
  return svgElement('svg', { class: 'tracing-overlay', viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' }, curves);
}

/** `[x0, y0, x1, y1, …]` as a path; a pair that isn't a number lifts the pen. */
export function curve(points) {
  let d = '';
  let drawing = false;
  for (let index = 0; index + 1 < points.length; index += 2) {
    const [x, y] = [points[index], points[index + 1]];
    const there = Number.isFinite(x) && Number.isFinite(y);
    if (there) d += `${drawing ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    drawing = there;
  }
  return d;
}

/** Buttons that make the picture larger and smaller; its middle stays where it is. */
function sizeButtons(view) {
  const sizes = isNarrow() ? NARROW_SIZES : SIZES;
  let size = sizes.indexOf(1);
  const button = (words, sign, step) => {
    const made = element('button', { type: 'button', class: 'choice', 'aria-label': say(words), title: say(words) }, sign);
    made.addEventListener('click', () => {
      const middle = (view.scrollLeft + view.clientWidth / 2) / view.scrollWidth;
      size = Math.min(Math.max(size + step, 0), sizes.length - 1);
      view.style.setProperty('--size', sizes[size]);
      view.scrollLeft = middle * view.scrollWidth - view.clientWidth / 2;
    });
    return made;
  };
  return element('div', { class: 'choices', role: 'group', 'aria-label': say('tracing.size') }, button('tracing.smaller', '−', -1), button('tracing.larger', '+', 1));
}

function overlaySwitch(overlay) {
  const box = element('input', { type: 'checkbox', id: 'show-overlay', checked: true });
  box.addEventListener('change', () => overlay.toggleAttribute('hidden', !box.checked));
  return element('p', { class: 'switch' }, box, element('label', { for: 'show-overlay' }, say('tracing.showCurves')));
}

function signalsNodes(leads, wfdb, scaled) {
  const names = [...new Set(leads.map(({ lead }) => lead))].filter((lead) => lead !== 'unknown');
  const found = names.length > 0 ? `${say('tracing.digitised', { leads: names.join(', ') })} ` : '';
  return [
    element('p', { class: 'hint' }, found, say('tracing.dontTrust')),
    scaled
      ? element(
        'div',
        { class: 'buttons' },
        saveButton(say('tracing.saveSignals'), () => [{ name: 'inkbeat-signals.csv', type: 'text/csv', content: signalsCsv(leads) }]),
        wfdb ? saveButton(say('tracing.saveWfdb'), () => wfdbFiles(wfdb)) : null,
      )
      : element('p', { class: 'hint' }, say('tracing.noScale')),
  ];
}

/** The header names the other file, so both keep their names. */
function wfdbFiles({ header, signals }) {
  return [
    { name: 'inkbeat-signals.hea', type: 'text/plain', content: header },
    { name: 'inkbeat-signals.dat', type: 'application/octet-stream', content: signals },
  ];
}
