// Two kept readings side by side: what was found in each, what was measured, and the ECGs themselves.

import { element } from './dom.js';
import { answerOf } from './history.js';
import { dateTime, findingName, percent, say } from './language/language.js';
import { heartRateText, intervalRows } from './measurements.js';
import { pictureOf, stripDrawing } from './tracing.js';
import { bandWord, groupFindings, nothingFound } from './words.js';

/**
 * A function that builds the comparison, again in another language.
 * @param {object[]} pair two kept readings, the older first
 */
export async function comparison(pair) {
  const answers = await Promise.all(pair.map(answerOf));
  return () => [
    element('p', { class: 'emergency calm' }, say('emergency.calm')),
    element('p', { class: 'hint' }, say('compare.hint')),
    element('div', { class: 'comparison' }, pair.map((reading, index) => column(reading, answers[index], answers[1 - index]))),
  ];
}

function column({ readAt, fileName, sample }, { outcome, picture, leads = [], strip }, other) {
  const rate = heartRateText(outcome.measurements);
  const rows = intervalRows(outcome.measurements);
  return element(
    'section',
    { class: 'card' },
    element('h3', {}, dateTime(readAt)),
    element('p', { class: 'file-name' }, element('bdi', {}, fileName)),
    sample ? element('p', { class: 'hint' }, say('known.title')) : null,
    picture ? pictureOf(picture, leads, dateTime(readAt)) : null,
    strip ? stripDrawing(strip) : null,
    element('h4', {}, say('findings.title')),
    findings(outcome.findings, other.outcome.findings),
    rate || rows.length > 0 ? element('h4', {}, say('report.measured')) : null,
    rate ? element('p', {}, rate) : null,
    rows.length > 0 ? element('dl', {}, rows.map(([term, text]) => element('div', {}, element('dt', {}, term), element('dd', {}, text)))) : null,
  );
}

/** The findings of one side; those that the other side lacks are marked by a word. */
function findings(own, others) {
  if (nothingFound(own)) return element('p', {}, say('findings.none'));
  const known = new Set(others.map(({ code }) => code));
  const shown = groupFindings(own).flatMap((group) => group.findings);
  return element('ul', { class: 'findings' }, shown.map(({ code, name, probability, band }) => element(
    'li',
    { class: 'finding' },
    element('span', { class: 'finding-name' }, findingName(code, name)),
    element('span', { class: 'finding-band' }, say('findings.band', { band: bandWord(band), percent: percent(probability) })),
    known.has(code) ? null : element('span', { class: 'only-here' }, say('compare.onlyHere')),
  )));
}
