// The result of a reading, safety first: what to do, what was seen, what it can't see, then how it was found.

import { technicalDetails } from './details.js';
import { element } from './dom.js';
import { explanationNodes } from './explanation.js';
import { either, findingName, percent, say, sayNodes } from './language/language.js';
import { layoutForm } from './layout-form.js';
import { measurementNodes } from './measurements.js';
import { issueItem } from './problem.js';
import { sampleTitle } from './samples.js';
import { pageNodes, stripDrawing } from './tracing.js';
import * as words from './words.js';

const MOST_NAMES = 3; // In a summary.

/**
 * The nodes that show an answer of status `ok`.
 * @param {{outcome: object, picture: object|null, leads?: object[], wfdb?: object|null, strip: object|null, windows?: Float32Array[]}} answer
 * @param {{
 *   sample: object|null, manifest: object, versions: string, source: string, said: object, onSay: ((said: object) => void)|null,
 *   explain: (windows: Float32Array[]) => Promise<object>,
 * }} context `source` is what was read, as `nextSteps` has it; `said` is what the person said of speed, gain and layout;
 *   `onSay` reads again with another answer, and is null where the file is gone
 */
export function resultNodes(answer, context) {
  const { outcome, picture, leads, wfdb, strip } = answer;
  const form = outcome.layout && context.onSay ? layoutForm(outcome.layout, context.said, context.onSay) : null;
  // What is unsure is asked before the findings that depend on it.
  const asking = (outcome.layout?.questions ?? []).length > 0;
  return [
    emergencyLine(outcome),
    context.sample ? knownAnswer(outcome, context.sample) : null,
    asking ? form : null,
    element(
      'div',
      { class: 'result-columns' },
      element('div', { class: 'card' }, findingsNodes(outcome), measurementNodes(outcome.measurements)),
      element('div', { class: 'card' }, tracingNodes({ picture, leads: leads ?? [], wfdb: wfdb ?? null, strip }, outcome, context.source)),
    ),
    asking ? null : form,
    element(
      'div',
      { class: 'card' },
      element('h3', {}, say('blind.title')),
      element('ul', { class: 'plain-list' }, words.BLIND_SPOTS[outcome.kind].map((key) => element('li', {}, say(key)))),
      element('p', {}, say('blind.compare')),
    ),
    technicalDetails(outcome, context, explanationNodes(answer, context.explain)),
  ].filter((node) => node !== null);
}

/** What was found, in a line: for lists, and for those who hear the page. */
export function summary({ findings }) {
  if (words.nothingFound(findings)) return say('findings.none');
  const names = words.groupFindings(findings).flatMap((group) => group.findings).map(({ code, name }) => findingName(code, name));
  return names.slice(0, MOST_NAMES).join('; ');
}

/** What to do, whatever else is said: one sentence, or three where there are signs that may need care at once. */
export function emergencyText({ findings, kind }) {
  const reasons = words.alarms(findings);
  if (reasons.length === 0) return [say('emergency.calm')];
  const weak = kind === 'strip' && reasons.some(({ heart }) => heart);
  const signs = say('emergency.signs', { reasons: either(reasons.map(({ words: key }) => say(key))) });
  return [say('emergency.now'), say('emergency.such'), weak ? `${signs} ${say('emergency.singleLead')}` : signs];
}

function emergencyLine(outcome) {
  const [first, ...rest] = emergencyText(outcome);
  if (rest.length === 0) return element('p', { class: 'emergency calm' }, first);
  return element(
    'div',
    { class: 'emergency alarming', role: 'alert' },
    element('p', { class: 'emergency-first' }, first),
    rest.map((text) => element('p', {}, text)),
  );
}

/** What was found, with its probabilities. */
export function findingsNodes({ findings }) {
  const nodes = [element('h3', {}, say('findings.title'))];
  if (words.nothingFound(findings)) {
    nodes.push(
      element('p', { class: 'headline' }, say('findings.none')),
      element('p', {}, say('findings.noAllClear')),
    );
  }
  const told = new Set();
  for (const group of words.groupFindings(findings)) {
    nodes.push(
      element('h4', {}, say(group.title)),
      element('ul', { class: 'findings' }, group.findings.map((finding) => findingItem(finding, told))),
    );
  }
  if (findings.length > 0) nodes.push(element('p', { class: 'hint' }, say('findings.percentages')));
  return nodes;
}

/** A finding; what it means is said with the first of several that mean the same, which `told` holds. */
function findingItem({ code, name, probability, band }, told) {
  const meaning = words.meaning(code);
  const isNew = meaning !== null && !told.has(meaning);
  if (isNew) told.add(meaning);
  const alarming = words.alarms([{ code }]).length > 0;
  const fill = element('span', { class: 'bar-fill' });
  fill.style.setProperty('inline-size', `${Math.max(2, probability * 100)}%`);
  return element(
    'li',
    { class: alarming ? 'finding alarming' : 'finding', 'data-code': code },
    element('span', { class: 'finding-name' }, findingName(code, name), element('bdi', { class: 'code' }, ` ${code}`)),
    element('span', { class: 'finding-band' }, say('findings.band', { band: words.bandWord(band), percent: percent(probability) })),
    element('span', { class: 'bar', 'aria-hidden': 'true' }, fill),
    isNew ? element('span', { class: 'finding-meaning' }, say(meaning)) : null,
  );
}

function tracingNodes({ picture, leads, wfdb, strip }, { quality, lead, layout, kind }, source) {
  const nodes = [element('h3', {}, say('tracing.title'))];
  if (picture) nodes.push(pageNodes(picture, leads, wfdb, !layout || !asksForScale(layout)));
  if (strip) {
    const drawn = { lead: lead === 'unknown' ? say('lead.unknown') : lead, speed: words.speedWords(25), gain: words.gainWords(10) };
    const beats = strip.rPeaks?.length > 0 ? ` ${say('tracing.beats')}` : '';
    nodes.push(stripDrawing(strip), element('p', { class: 'hint' }, say(kind === 'recording' ? 'tracing.oneOfAll' : 'tracing.lead', drawn), beats));
  }
  if (layout && !asksForScale(layout)) nodes.push(element('p', { class: 'hint' }, readAs(layout)));
  const word = element('strong', {}, words.qualityWord(quality.score));
  nodes.push(element('p', { class: 'quality' }, sayNodes('quality.line', { word, percent: percent(quality.score) })));
  if (quality.issues.length > 0) {
    nodes.push(
      element('h4', {}, say('quality.because')),
      element('ul', { class: 'issues' }, quality.issues.map((issue) => issueItem(issue, source))),
    );
  }
  return nodes;
}

/** At which speed and gain, and in which layout, a page was read. */
export function readAs(layout) {
  const scale = { speed: words.speedWords(layout.speed_mm_s), gain: words.gainWords(layout.gain_mm_mv) };
  if (layout.name === 'unknown') return say('tracing.readAsUnknown', scale);
  return say('tracing.readAs', { ...scale, layout: words.arrangement(layout) });
}

/** Whether speed or gain are only assumed; a warning among the issues says as what. */
export function asksForScale({ questions = [] }) {
  return questions.includes('speed') || questions.includes('gain');
}

/** For samples: what the right answer was, and whether the model found it. */
function knownAnswer({ findings, scores }, sample) {
  const found = new Set(findings.map(({ code }) => code));
  const verdicts = (sample.expected ?? []).map((code) => {
    if (code === 'NORM') return say(words.nothingFound(findings) ? 'known.nothing' : 'known.something');
    if (found.has(code)) return say('known.found', { finding: findingName(code) });
    return say('known.missed', { finding: findingName(code), percent: percent(scores[code] ?? 0) });
  });
  const sentences = [say('known.right', { title: sampleTitle(sample) }), ...verdicts];
  return element('p', { class: 'known-answer' }, element('strong', {}, say('known.title')), ` ${sentences.join(' ')}`);
}
