// Everything a clinician or developer may ask about a reading, folded away.

import { element } from './dom.js';
import { saveButton } from './save.js';
import { deviceWord, percent, scaleWords, SUPERCLASSES } from './words.js';

const STAGE_NAMES = { decode: 'Opening', rectify: 'Straightening', prepare: 'Cleaning', classify: 'Classifying', digitise: 'Digitising' };

/** The folded part below a result. `manifest` is that of the model which answered. */
export function technicalDetails(outcome, { manifest, versions }) {
  return element(
    'details',
    { class: 'card technical' },
    element('summary', {}, 'Codes, scores and how it was computed'),
    element('h4', {}, 'Findings above threshold'),
    outcome.findings.length > 0
      ? table(['Code', 'Probability', 'Group', 'Name'], outcome.findings.map((f) => [f.code, score(f.probability), f.group, f.name]))
      : element('p', {}, 'None.'),
    element('h4', {}, 'The five overall classes'),
    table(['Code', 'Probability', 'Name'], SUPERCLASSES.map(([code, name]) => [code, score(outcome.scores[code]), name])),
    allScores(outcome.scores, manifest),
    element('h4', {}, 'How it was computed'),
    definitions(provenance(outcome, versions)),
    element('h4', {}, 'Time'),
    definitions(Object.entries(outcome.timings_ms).map(([stage, ms]) => [STAGE_NAMES[stage] ?? stage, `${ms.toFixed(0)} ms`])),
    element('div', { class: 'buttons' }, saveJson(outcome), printButton()),
  );
}

function allScores(scores, manifest) {
  const labels = new Map((manifest?.labels ?? []).map((label) => [label.key, label]));
  const rows = Object.entries(scores)
    .sort(([, a], [, b]) => b - a)
    .map(([key, value]) => [key, score(value), score(labels.get(key)?.threshold), score(labels.get(key)?.validation_auc)]);
  return element(
    'details',
    {},
    element('summary', {}, `All ${rows.length} scores`),
    element('p', { class: 'hint' }, 'Many of these are below what the model can tell reliably; only findings above are meant to be read.'),
    table(['Code', 'Probability', 'Threshold', 'AUC in validation'], rows),
  );
}

function provenance({ provenance: p, quality, layout, lead }, versions) {
  return [
    ['Model', p.model],
    ['Version', p.version],
    ['Weights (SHA-256)', p.sha256.slice(0, 12)],
    ['Device', deviceWord(p.device)],
    p.fallback_reason ? ['Why not the graphics card', p.fallback_reason] : null,
    ['Program', versions],
    lead ? ['Lead', lead] : null,
    layout ? ['Layout', `${layout.name}, ${scaleWords(layout)}, turned by ${layout.rotation_deg}°`] : null,
    quality.pixels_per_mm ? ['Resolution', `${quality.pixels_per_mm.toFixed(1)} pixels per mm`] : null,
    ['Quality', percent(quality.score)],
  ].filter((row) => row !== null);
}

function saveJson(outcome) {
  return saveButton('Save as JSON', 'inkbeat-result.json', 'application/json', () => JSON.stringify(outcome, null, 2));
}

function printButton() {
  const button = element('button', { type: 'button', class: 'button' }, 'Print');
  button.addEventListener('click', () => window.print());
  return button;
}

export function table(headings, rows) {
  return element(
    'div',
    { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': headings.join(', ') },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, headings.map((text) => element('th', { scope: 'col' }, text)))),
      element('tbody', {}, rows.map((row) => element('tr', {}, row.map((text) => element('td', {}, text))))),
    ),
  );
}

function definitions(rows) {
  return element('dl', {}, rows.map(([term, text]) => element('div', {}, element('dt', {}, term), element('dd', {}, text))));
}

function score(value) {
  return Number.isFinite(value) ? value.toFixed(3) : 'not given';
}
