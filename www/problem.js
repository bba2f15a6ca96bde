// What the page shows when an ECG was rejected or a file couldn't be read: what, why, and what to try.

import { element } from './dom.js';
import { issueItem, stripDrawing } from './result.js';
import { concernsStripOptions, errorTitle, nextSteps } from './words.js';

/** For an answer whose outcome has status `rejected`. */
export function rejectedNodes({ outcome: { issues }, strip }, kind) {
  return [
    element(
      'div',
      { class: 'card problem', role: 'alert' },
      element('h3', {}, kind === 'strip' ? 'This recording can’t be read reliably' : 'The ECG in this picture can’t be read reliably'),
      element('p', {}, 'Rather than guess, Inkbeat gives no answer.'),
      element('ul', { class: 'issues' }, issues.map(issueItem)),
      steps(nextSteps(kind, 'REJECTED', concernsStripOptions(issues))),
      strip ? [element('h4', {}, 'The recording as it was read'), stripDrawing(strip)] : null,
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
      element('ul', { class: 'issues' }, issueItem(error)),
      steps(nextSteps(kind, error.code, concernsStripOptions([error]))),
    ),
    unwell(),
  ];
}

function steps(texts) {
  if (texts.length === 0) return null;
  return [element('h4', {}, 'What to try'), element('ul', { class: 'plain-list' }, texts.map((text) => element('li', {}, text)))];
}

function unwell() {
  return element('p', { class: 'emergency calm' }, 'If you feel unwell, don’t spend time on this page: call your emergency number.');
}
