// Everything a clinician or developer may ask about a reading, folded away.

import { element } from './dom.js';
import { findingName, isolated, number, percent, say } from './language/language.js';
import { translated } from './language/sentences.js';
import { saveButton } from './save.js';
import { deviceWord, gainWords, layoutWords, speedWords } from './words.js';

const SUPERCLASSES = [['NORM', 'class.NORM'], ['MI', 'class.MI'], ['STTC', 'class.STTC'], ['CD', 'class.CD'], ['HYP', 'class.HYP']];
const GROUPS = { superclass: 'kind.superclass', diagnostic: 'kind.diagnostic', form: 'kind.form', rhythm: 'kind.rhythm' };
const STAGES = {
  decode: 'time.decode',
  rectify: 'time.rectify',
  prepare: 'time.prepare',
  classify: 'time.classify',
  digitise: 'time.digitise',
};

/** The folded part below a result. `manifest` is that of the model which answered, `explanation` nodes. */
export function technicalDetails(outcome, { manifest, versions }, explanation) {
  return element(
    'details',
    { class: 'card technical' },
    element('summary', {}, say('details.title')),
    element('h4', {}, say('details.above')),
    outcome.findings.length > 0 ? findingsTable(outcome.findings) : element('p', {}, say('details.none')),
    explanation,
    element('h4', {}, say('details.classes')),
    table(
      say('details.classes'),
      [say('table.code'), say('table.probability'), say('table.name')],
      SUPERCLASSES.map(([code, key]) => [codeOf(code), score(outcome.scores[code]), say(key)]),
    ),
    allScores(outcome.scores, manifest),
    element('h4', {}, say('details.how')),
    definitions(provenance(outcome, versions)),
    element('h4', {}, say('details.time')),
    definitions(Object.entries(outcome.timings_ms).map(([stage, ms]) => [
      say(STAGES[stage] ?? stage),
      say('unit.milliseconds', { value: Math.round(ms) }),
    ])),
    element('div', { class: 'buttons' }, saveJson(outcome)),
  );
}

/** Which model on which device answered, and what it was given: pairs of name and value. */
export function provenance({ provenance: p, quality, layout, lead, kind }, versions, hashLength = 12) {
  return [
    [say('fact.model'), codeOf(p.model)],
    [say('fact.version'), codeOf(p.version)],
    [say('fact.weights'), codeOf(p.sha256.slice(0, hashLength))],
    [say('fact.device'), deviceWord(p.device)],
    p.fallback_reason ? [say('fact.whyNotCard'), translated(p.fallback_reason).text] : null,
    [say('fact.program'), codeOf(versions)],
    lead && kind === 'strip' ? [say('fact.lead'), lead === 'unknown' ? say('lead.unknown') : lead] : null,
    layout ? [say('fact.layout'), layoutValue(layout)] : null,
    quality.pixels_per_mm ? [say('fact.resolution'), say('unit.pixelsPerMm', { value: Number(quality.pixels_per_mm.toFixed(1)) })] : null,
    [say('fact.quality'), percent(quality.score)],
  ].filter((row) => row !== null);
}

function layoutValue(layout) {
  return say('fact.layoutValue', {
    layout: layout.name === 'unknown' ? say('lead.unknown') : layoutWords(layout.name),
    speed: speedWords(layout.speed_mm_s),
    gain: gainWords(layout.gain_mm_mv),
    angle: number(layout.rotation_deg, { style: 'unit', unit: 'degree', unitDisplay: 'narrow' }),
  });
}

function findingsTable(findings) {
  return table(
    say('details.above'),
    [say('table.code'), say('table.probability'), say('table.group'), say('table.name')],
    findings.map(({ code, probability, group, name }) => [
      codeOf(code), score(probability), say(GROUPS[group] ?? group), findingName(code, name),
    ]),
  );
}

function allScores(scores, manifest) {
  const labels = new Map((manifest?.labels ?? []).map((label) => [label.key, label]));
  const rows = Object.entries(scores)
    .sort(([, a], [, b]) => b - a)
    .map(([key, value]) => [codeOf(key), score(value), score(labels.get(key)?.threshold), score(labels.get(key)?.validation_auc)]);
  return element(
    'details',
    {},
    element('summary', {}, say('details.allScores', { count: rows.length })),
    element('p', { class: 'hint' }, say('details.allHint')),
    table(
      say('details.allScores', { count: rows.length }),
      [say('table.code'), say('table.probability'), say('table.threshold'), say('table.auc')],
      rows,
    ),
  );
}

function saveJson(outcome) {
  return saveButton(say('details.json'), () => [{ name: 'inkbeat-result.json', type: 'application/json', content: JSON.stringify(outcome, null, 2) }]);
}

/** A table that scrolls sideways where it is too wide; its name is heard by those who come to it out of context. */
export function table(name, headings, rows) {
  return element(
    'div',
    { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': name },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, headings.map((text) => element('th', { scope: 'col' }, text)))),
      element('tbody', {}, rows.map((row) => element('tr', {}, row.map((text) => element('td', {}, text))))),
    ),
  );
}

/** Pairs of name and value. */
export function definitions(rows) {
  return element('dl', {}, rows.map(([term, text]) => element('div', {}, element('dt', {}, term), element('dd', {}, text))));
}

/** A code of the program's own: English letters in their own order, whatever the page's language. */
function codeOf(text) {
  return isolated(text);
}

function score(value) {
  if (!Number.isFinite(value)) return say('details.notGiven');
  return number(value, { minimumFractionDigits: 3 });
}
