// The straightened page, with the curves as they were digitised drawn over it.

import { element, svgElement } from './dom.js';
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
      { class: 'tracing', tabindex: '0', role: 'region', 'aria-label': 'Straightened picture' },
      element('div', { class: 'tracing-stack' }, pictureCanvas(picture), overlay),
    ),
    overlay ? overlaySwitch(overlay) : null,
    element('p', { class: 'hint' }, 'Your picture, straightened. Check that the whole tracing is in it and stands upright.'),
    element('p', { class: 'hint on-narrow-screens' }, 'Swipe the picture sideways to see all of it.'),
    overlay ? signalsNodes(leads, scaled) : null,
  ];
}

function pictureCanvas({ width, height, rgba }) {
  const canvas = element('canvas', { width, height, role: 'img', 'aria-label': 'The ECG as the model saw it' });
  canvas.getContext('2d').putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  return canvas;
}

function overlayOf({ width, height }, leads) {
  const curves = leads.map(({ lead, overlay }) => svgElement('path', { 'data-lead': lead, d: curve(overlay) }));
  return svgElement('svg', { class: 'tracing-overlay', viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' }, curves);
}

/** `[x0, y0, x1, y1, …]` as a path; a pair that isn't a number lifts the pen. */
function curve(points) {
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
  return element('p', { class: 'switch' }, box, element('label', { for: 'show-overlay' }, 'Show the curves as they were digitised'));
}

function signalsNodes(leads, scaled) {
  const names = [...new Set(leads.map(({ lead }) => lead))].filter((lead) => lead !== 'unknown');
  const found = names.length > 0 ? `Digitised: ${names.join(', ')}. ` : '';
  return [
    element('p', { class: 'hint' }, `${found}Where the coloured line leaves the printed one, don’t trust the signal.`),
    scaled
      ? element('div', { class: 'buttons' }, saveButton('Save signals (CSV)', 'inkbeat-signals.csv', 'text/csv', () => signalsCsv(leads)))
      : element('p', { class: 'hint' }, 'The signals can be saved once paper speed and gain are known.'),
  ];
}
