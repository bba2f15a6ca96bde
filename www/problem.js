// What the page shows when an ECG was rejected or a file couldn't be read: what, why, and what to try.

import { element } from './dom.js';
import { say } from './language/language.js';
import { translated } from './language/sentences.js';
import { stripDrawing } from './tracing.js';
import { concernsStripOptions, errorTitle, nextSteps, ownHint } from './words.js';

/** For an answer whose outcome has status `rejected`. */
export function rejectedNodes({ outcome: { issues }, strip }, kind) {
  return [
    element(
      'div',
      { class: 'card problem', role: 'alert' },
      element('h3', {}, say(kind === 'strip' ? 'problem.strip' : 'problem.printout')),
      element('p', {}, say('problem.noGuess')),
      element('ul', { class: 'issues' }, issues.map((issue) => issueItem(issue, kind))),
      steps(nextSteps(kind, 'REJECTED', concernsStripOptions(issues))),
      strip ? [element('h4', {}, say('problem.asRead')), stripDrawing(strip)] : null,
    ),
    unwell(),
  ];
}

/** For `{code, message, hint}`. */
export function errorNodes(error, kind) {
  return [
    element(
      'div',
      { class: 'card problem', role: 'alert' },
      element('h3', {}, errorTitle(error.code, kind)),
      element('ul', { class: 'issues' }, issueItem(error, kind)),
      steps(nextSteps(kind, error.code, concernsStripOptions([error]))),
    ),
    unwell(),
  ];
}

/** A warning, a rejection or an error: message, hint and small code. `source` is what was read, as `nextSteps` has it. */
export function issueItem({ code, message, hint, detail }, source) {
  const own = ownHint(code, source);
  return element(
    'li',
    {},
    sentence(message, 'issue-message', issueTitle(code)),
    own ? element('p', { class: 'issue-hint' }, own) : null,
    hint && !own ? sentence(hint, 'issue-hint') : null,
    element('p', { class: 'code', lang: 'en', dir: 'ltr' }, [code, detail].filter(Boolean).join(': ')),
  );
}

/** An issue in a few words, where the catalogue knows its code. */
export function issueTitle(code) {
  const key = `issue.${code}`;
  const title = say(key);
  return title === key ? null : title;
}

/** A sentence of the engine's. One without a translation stays English, marked as such, after `title`. */
function sentence(english, kind, title = null) {
  const { text, known } = translated(english);
  if (known) return element('p', { class: kind }, text);
  return [
    title ? element('p', { class: kind }, title) : null,
    element('p', { class: title ? null : kind, lang: 'en', dir: 'ltr' }, text),
  ];
}

function steps(texts) {
  if (texts.length === 0) return null;
  return [element('h4', {}, say('problem.try')), element('ul', { class: 'plain-list' }, texts.map((text) => element('li', {}, text)))];
}

function unwell() {
  return element('p', { class: 'emergency calm' }, say('problem.unwell'));
}
