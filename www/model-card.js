// The part of the model card that comes from the weights themselves: versions, hashes and measured figures.

import { table } from './details.js';
import { byId, element, keepingForms } from './dom.js';
import { isolated, number, say, sayNodes } from './language/language.js';

const HEADINGS = { 'tracing-student': 'card.voltageModel', 'image-student': 'card.pictureModel', 'lead-student': 'card.stripModel' };

/** Shows each manifest's identity and whatever figures it carries. */
export function showModelFacts(manifests) {
  const place = byId('model-facts');
  keepingForms(place, () => place.replaceChildren(...manifests.flatMap(facts)));
}

function facts(manifest) {
  return [
    element('h3', {}, say(HEADINGS[manifest.name] ?? 'card.stripModel')),
    element('p', { class: 'hint' }, say('card.weights', { name: manifest.name, version: manifest.version, hash: manifest.sha256.slice(0, 12) })),
    manifest.training?.data ? element('p', {}, sayNodes('card.trainedOn', { data: element('span', { lang: 'en', dir: 'ltr' }, manifest.training.data) })) : '',
    figures(manifest),
  ];
}

function figures(manifest) {
  const rows = leaves(manifest.figures, '').map((row) => row.map(isolated));
  if (rows.length === 0) return '';
  return element('details', {}, element('summary', {}, say('card.figures')), table(`${say('card.figures')}: ${manifest.name}`, [say('table.figure'), say('table.value')], rows));
}

/** Nested figures as `['clean / all / macro auc', '0.923']`; per-label tables are too long for here. */
function leaves(value, path) {
  if (typeof value === 'number') return [[path, Number.isInteger(value) ? number(value) : number(value, { minimumFractionDigits: 3 })]];
  if (isInterval(value)) return [[path, value.map((end) => number(end, { minimumFractionDigits: 3 })).join(' – ')]];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value)
    .filter(([key]) => key !== 'per_label')
    .flatMap(([key, inner]) => leaves(inner, [path, key.replaceAll('_', ' ')].filter(Boolean).join(' / ')));
}

function isInterval(value) {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}
