// The part of the model card that comes from the weights themselves: versions, hashes and measured figures.

import { table } from './details.js';
import { byId, element } from './dom.js';

/** Shows each manifest's identity and whatever figures it carries. */
export function showModelFacts(manifests) {
  byId('model-facts').replaceChildren(
    ...manifests.flatMap((manifest) => [
      element('h3', {}, manifest.name === 'lead-student' ? 'The single-lead model' : 'The printout model'),
      element('p', { class: 'hint' }, `${manifest.name} ${manifest.version}, weights ${manifest.sha256.slice(0, 12)}`),
      manifest.training?.data ? element('p', {}, `Trained on: ${manifest.training.data}`) : '',
      figures(manifest),
    ]),
  );
}

function figures(manifest) {
  const rows = leaves(manifest.figures, '');
  if (rows.length === 0) return '';
  return element('details', {}, element('summary', {}, 'How well it did, in figures'), table(['Figure', 'Value'], rows));
}

/** Nested figures as `['clean / all / macro auc', '0.923']`; per-label tables are too long for here. */
function leaves(value, path) {
  if (typeof value === 'number') return [[path, Number.isInteger(value) ? String(value) : value.toFixed(3)]];
  if (isInterval(value)) return [[path, `${value[0].toFixed(3)} to ${value[1].toFixed(3)}`]];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value)
    .filter(([key]) => key !== 'per_label')
    .flatMap(([key, inner]) => leaves(inner, [path, key.replaceAll('_', ' ')].filter(Boolean).join(' / ')));
}

function isInterval(value) {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}
