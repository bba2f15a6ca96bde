// What was looked at: the straightened page with the curves as they were digitised drawn over it, or the strip on paper.

import { element, svgElement } from './dom.js';
import { say } from './language/language.js';
import { drawStrip } from './paper.js';
import { saveButton } from './save.js';
import { signalsCsv } from './signals-csv.js';

/**
 * @param {{width: number, height: number, rgba: Uint8ClampedArray}} picture
 * @param {{lead: string, overlay: Float32Array}[]} leads may be empty
 * @param {boolean} scaled whether speed and gain are known, so that the curves are signals
 */
export function pageNodes(picture, leads, scaled) {
  const overlay = leads.length > 0 ? overlayOf(picture, leads) : null;
  return [
    element(
      'div',
      { class: 'tracing', tabindex: '0', role: 'region', 'aria-label': say('tracing.region') },
      stack(picture, overlay),
    ),
    overlay ? overlaySwitch(overlay) : null,
    element('p', { class: 'hint' }, say('tracing.straightened')),
    element('p', { class: 'hint on-narrow-screens' }, say('tracing.swipe')),
    overlay ? signalsNodes(leads, scaled) : null,
  ];
}

/** The page with its curves, without anything to switch or save; `name` tells it from others. */
export function pictureOf(picture, leads, name) {
  return element('div', { class: 'tracing', tabindex: '0', role: 'region', 'aria-label': `${say('tracing.region')}: ${name}` }, stack(picture, overlayOf(picture, leads)));
}

/** A strip on paper, in rows short enough for the screen. */
export function stripDrawing(strip) {
  const narrow = window.matchMedia('(max-width: 40rem)').matches;
  return element('div', { class: 'tracing' }, drawStrip(strip, narrow ? 4 : 5));
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

function overlaySwitch(overlay) {
  const box = element('input', { type: 'checkbox', id: 'show-overlay', checked: true });
  box.addEventListener('change', () => overlay.toggleAttribute('hidden', !box.checked));
  return element('p', { class: 'switch' }, box, element('label', { for: 'show-overlay' }, say('tracing.showCurves')));
}

function signalsNodes(leads, scaled) {
  const names = [...new Set(leads.map(({ lead }) => lead))].filter((lead) => lead !== 'unknown');
  const found = names.length > 0 ? `${say('tracing.digitised', { leads: names.join(', ') })} ` : '';
  return [
    element('p', { class: 'hint' }, found, say('tracing.dontTrust')),
    scaled
      ? element('div', { class: 'buttons' }, saveButton(say('tracing.saveSignals'), 'inkbeat-signals.csv', 'text/csv', () => signalsCsv(leads)))
      : element('p', { class: 'hint' }, say('tracing.noScale')),
  ];
}
