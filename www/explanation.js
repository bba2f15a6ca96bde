// Which leads a reading rests on: a button that has it worked out, then a table.

import { table } from './details.js';
import { element } from './dom.js';
import { isolated, number, percent, say } from './language/language.js';
import { translated } from './language/sentences.js';

/** A finding rests on a lead as much as its log-odds fall without it; from this fall on a cell is as dark as it gets. */
const DARKEST_FALL = 1;
const LIKELIEST = 0.9999; // Keeps log-odds finite.

/**
 * Nodes for an answer of status `ok`; none for a single lead, which can't be compared with others.
 * @param {{outcome: object, windows?: Float32Array[], explanation?: object}} answer keeps the explanation once there is one
 * @param {(windows: Float32Array[]) => Promise<object>} explain
 */
export function explanationNodes(answer, explain) {
  const { outcome, windows = [] } = answer;
  if (outcome.kind === 'strip' || outcome.findings.length === 0) return [];
  const title = element('h4', {}, say('explain.title'));
  if (windows.length === 0) return [title, element('p', { class: 'hint' }, say('explain.unnamed'))];
  const place = element('div', { class: 'explanation', 'aria-live': 'polite' });
  if (answer.explanation) place.append(...shown(answer));
  else place.append(button(answer, explain, place));
  return [title, place];
}

function button(answer, explain, place) {
  const ask = element('button', { type: 'button', class: 'button', id: 'explain' }, say('explain.ask'));
  ask.addEventListener('click', async () => {
    ask.disabled = true;
    ask.textContent = say('explain.working');
    try {
      answer.explanation = await explain(answer.windows);
      place.replaceChildren(...shown(answer));
    } catch ({ message, hint = '' }) {
      const words = translated(`${message} ${hint}`.trim()).text;
      place.replaceChildren(element('p', { class: 'hint' }, words), button(answer, explain, place));
    }
  });
  return ask;
}

function shown({ outcome, explanation: { leads, labels } }) {
  const rows = outcome.findings.map(({ code }) => {
    const { probability, without } = labels[code];
    return [isolated(code), percent(probability), ...without.map((left) => cell(left, fall(probability, left)))];
  });
  const headings = [say('table.code'), say('explain.all'), ...leads.map((lead) => say('explain.without', { lead }))];
  return [table(say('explain.title'), headings, rows), element('p', { class: 'hint' }, say('explain.hint'))];
}

function cell(probability, fallen) {
  const text = number(probability, { style: 'percent', maximumFractionDigits: 1 });
  const strength = Math.min(1, Math.max(0, fallen / DARKEST_FALL));
  const shaded = element('span', { class: 'weight' }, text);
  shaded.style.setProperty('--weight', strength.toFixed(2));
  return shaded;
}

function fall(before, after) {
  return logOdds(before) - logOdds(after);
}

function logOdds(probability) {
  const kept = Math.min(LIKELIEST, Math.max(1 - LIKELIEST, probability));
  return Math.log(kept / (1 - kept));
}
