// The result of a reading, safety first: what to do, what was seen, what it can't see, then how it was found.

import { technicalDetails } from './details.js';
import { element } from './dom.js';
import { layoutForm } from './layout-form.js';
import { measurementNodes } from './measurements.js';
import { drawStrip } from './paper.js';
import { pageNodes } from './tracing.js';
import * as words from './words.js';

/**
 * The nodes that show an answer of status `ok`.
 * @param {{outcome: object, picture: object|null, leads?: object[], strip: object|null}} answer
 * @param {{sample: object|null, manifest: object, versions: string, said: object, onSay: (said: object) => void}} context
 *   `said` is what the person said of speed, gain and layout; `onSay` reads again with another answer
 */
export function resultNodes({ outcome, picture, leads, strip }, context) {
  const reasons = words.alarmReasons(outcome.findings);
  const form = outcome.layout ? layoutForm(outcome.layout, context.said, context.onSay) : null;
  // What is unsure is asked before the findings that depend on it.
  const asking = (outcome.layout?.questions ?? []).length > 0;
  return [
    emergencyLine(reasons, outcome.kind),
    context.sample ? knownAnswer(outcome, context.sample) : null,
    asking ? form : null,
    element(
      'div',
      { class: 'result-columns' },
      element('div', { class: 'card' }, findingsNodes(outcome), measurementNodes(outcome.measurements)),
      element('div', { class: 'card' }, tracingNodes(picture, leads ?? [], strip, outcome)),
    ),
    asking ? null : form,
    element(
      'div',
      { class: 'card' },
      element('h3', {}, 'What this can’t tell you'),
      element('ul', { class: 'plain-list' }, words.BLIND_SPOTS[outcome.kind].map((text) => element('li', {}, text))),
      element('p', {}, 'Compare it with your doctor’s reading, and show them the ECG itself, not only this page.'),
    ),
    technicalDetails(outcome, context),
  ].filter((node) => node !== null);
}

/** A warning or the reason for a rejection: message, hint and small code. */
export function issueItem({ code, message, hint }) {
  return element(
    'li',
    {},
    element('p', { class: 'issue-message' }, message),
    hint ? element('p', {}, hint) : null,
    element('p', { class: 'code' }, code),
  );
}

function emergencyLine(reasons, kind) {
  if (reasons.length === 0) {
    return element(
      'p',
      { class: 'emergency calm' },
      'Whatever this page says: if you have chest pain, trouble breathing, or feel faint, call your emergency number.',
    );
  }
  const leadNote = kind === 'strip' && reasons.some((reason) => reason.includes('heart attack') || reason.includes('blood'))
    ? ' A single lead is a weak basis for that: a full ECG is needed.'
    : '';
  return element(
    'div',
    { class: 'emergency alarming', role: 'alert' },
    element('p', { class: 'emergency-first' }, 'If you feel unwell, call your emergency number now.'),
    element('p', {}, 'Such as chest pain, trouble breathing, fainting or a racing heart. Don’t wait, and don’t drive yourself.'),
    element(
      'p',
      {},
      `The model sees signs that can go with ${listed(reasons)}. It can be wrong. If you feel well, show the ECG to a doctor soon.${leadNote}`,
    ),
  );
}

function findingsNodes({ findings }) {
  const nodes = [element('h3', {}, 'What the model sees')];
  if (words.nothingFound(findings)) {
    nodes.push(
      element('p', { class: 'headline' }, 'No finding above threshold among those this model knows.'),
      element('p', {}, 'That isn’t an all-clear: there is much it doesn’t know.'),
    );
  }
  for (const group of words.groupFindings(findings)) {
    nodes.push(
      element('h4', {}, group.title),
      element('ul', { class: 'findings' }, group.findings.map(findingItem)),
    );
  }
  if (findings.length > 0) {
    nodes.push(element('p', { class: 'hint' }, 'The percentage is the model’s own estimate of the probability, not a certainty.'));
  }
  return nodes;
}

function findingItem({ code, name, probability, band }) {
  const alarming = words.alarmReasons([{ code }]).length > 0;
  const fill = element('span', { class: 'bar-fill' });
  fill.style.setProperty('inline-size', `${Math.max(2, probability * 100)}%`);
  return element(
    'li',
    { class: alarming ? 'finding alarming' : 'finding', 'data-code': code },
    element('span', { class: 'finding-name' }, name),
    element('span', { class: 'finding-band' }, `${band}, ${words.percent(probability)}`),
    element('span', { class: 'bar', 'aria-hidden': 'true' }, fill),
  );
}

function tracingNodes(picture, leads, strip, { quality, lead, layout }) {
  const nodes = [element('h3', {}, 'What it looked at')];
  if (picture) nodes.push(pageNodes(picture, leads, !layout || !asksForScale(layout)));
  if (strip) {
    nodes.push(
      stripDrawing(strip),
      element('p', { class: 'hint' }, `Lead: ${lead === 'unknown' ? 'not known' : lead}. Drawn at 25 mm/s, 10 mm/mV. Check that it looks like your recording.`),
    );
  }
  if (layout && !asksForScale(layout)) nodes.push(element('p', { class: 'hint' }, `Read as printed at ${words.scaleWords(layout)}, ${words.arrangement(layout)}.`));
  nodes.push(element('p', { class: 'quality' }, 'Quality: ', element('strong', {}, words.qualityWord(quality.score)), ` (${words.percent(quality.score)})`));
  if (quality.issues.length > 0) {
    nodes.push(
      element('h4', {}, 'Trust it less, because'),
      element('ul', { class: 'issues' }, quality.issues.map(issueItem)),
    );
  }
  return nodes;
}

/** Whether speed or gain are only assumed; a warning among the issues says as what. */
function asksForScale({ questions = [] }) {
  return questions.includes('speed') || questions.includes('gain');
}

/** A strip on paper, in rows short enough for the screen. */
export function stripDrawing(strip) {
  const narrow = window.matchMedia('(max-width: 40rem)').matches;
  return element('div', { class: 'tracing' }, drawStrip(strip, narrow ? 4 : 5));
}

/** For samples: what the right answer was, and whether the model found it. */
function knownAnswer({ findings, scores }, { title, expected = [] }) {
  const found = new Set(findings.map(({ code }) => code));
  const verdicts = expected.map((code) => {
    if (code === 'NORM') return words.nothingFound(findings) ? 'Nothing was found, as it should be' : 'Yet something was found';
    if (found.has(code)) return `${code} was found`;
    return `${code} was not above its threshold (${words.percent(scores[code] ?? 0)})`;
  });
  return element(
    'p',
    { class: 'known-answer' },
    element('strong', {}, 'A made-up example. '),
    `Right answer: ${title}. `,
    verdicts.length > 0 ? `${verdicts.join('; ')}.` : null,
  );
}

function listed(items) {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}
