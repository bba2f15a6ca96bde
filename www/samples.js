// The gallery of made-up ECGs with known answers. Everything is fetched once, while the page loads,
// so that opening a sample later needs no request.

import { byId, element } from './dom.js';
import { language, onLanguage } from './language/language.js';
import { sayStatic } from './language/switch.js';
import { drawStrip } from './paper.js';

/**
 * Fills the gallery and calls `onSample(File[], sample)` when one is chosen. Resolves when all is fetched;
 * a missing index or file only leaves a gap.
 */
export async function showSamples(onSample) {
  const samples = await fetchIndex();
  const cards = await Promise.all(samples.map((sample) => makeCard(sample, onSample)));
  const list = cards.filter((card) => card !== null);
  byId('sample-list').replaceChildren(...list);
  sayStatic(byId('sample-list'));
  byId('samples').hidden = list.length === 0;
}

/** What a sample shows, in the page's language where the catalogue knows it. */
export function sampleTitle({ file, title }) {
  return language().catalogue.words[`sample.${file.split('.')[0]}`] ?? title;
}

async function fetchIndex() {
  try {
    const response = await fetch(new URL('samples/index.json', import.meta.url));
    const samples = response.ok ? await response.json() : [];
    return Array.isArray(samples) ? samples : [];
  } catch {
    return [];
  }
}

async function makeCard(sample, onSample) {
  let blob;
  try {
    const response = await fetch(new URL(`samples/${encodeURIComponent(sample.file)}`, import.meta.url));
    if (!response.ok) return null;
    blob = await response.blob();
  } catch {
    return null;
  }
  const file = new File([blob], sample.file, { type: blob.type });
  const strip = sample.kind === 'strip';
  const preview = strip ? stripPreview(await blob.text()) : element('img', { src: URL.createObjectURL(blob), alt: '' });
  const title = element('span', { class: 'sample-title' });
  const sayTitle = () => (title.textContent = sampleTitle(sample));
  onLanguage(sayTitle);
  sayTitle();
  const button = element(
    'button',
    { type: 'button', class: 'sample', 'data-file': sample.file },
    element('span', { class: 'sample-preview' }, preview),
    element('span', { class: 'sample-kind', 'data-say': strip ? 'samples.strip' : 'samples.printout' }),
    title,
    element('span', { class: 'sample-note', 'data-say': 'samples.note' }),
  );
  button.addEventListener('click', () => onSample([file], sample));
  return element('li', {}, button);
}

/** A thumbnail of a CSV that this project wrote itself: `# sample_rate_hz`, a header, `time_s,lead`. */
function stripPreview(text) {
  const rows = text.split('\n').filter((line) => /^\s*-?[\d.]/.test(line)).map((line) => line.split(',').map(Number));
  const columns = rows[0]?.length ?? 0;
  const seconds = columns > 1 ? rows[1]?.[0] - rows[0][0] : NaN;
  const sampleRateHz = seconds > 0 ? 1 / seconds : Number(/sample_rate_hz:\s*([\d.]+)/.exec(text)?.[1]);
  if (!(sampleRateHz > 0)) return null;
  const samplesMv = Float32Array.from(rows.slice(0, Math.round(4 * sampleRateHz)), (row) => row[Math.min(1, columns - 1)]);
  const svg = drawStrip({ sampleRateHz, samplesMv }, 4);
  svg.setAttribute('preserveAspectRatio', 'xMinYMid slice');
  svg.setAttribute('aria-hidden', 'true'); // The button's words say what it is.
  return svg;
}
