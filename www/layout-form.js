// How the printout was read: paper speed, gain and layout. What is unsure is asked; everything can be changed by one tap.

import { element } from './dom.js';
import { layoutWords } from './words.js';

const ROWS = [
  {
    what: 'speed',
    option: 'speed_mm_s',
    title: 'Paper speed',
    values: [12.5, 25, 50],
    words: (value) => `${value} mm/s`,
    question: 'How fast did the paper run?',
    help: 'It is printed at the edge, such as “25 mm/s”. If it isn’t: with 25, an ordinary heartbeat takes about four large squares, with 50 about eight.',
  },
  {
    what: 'gain',
    option: 'gain_mm_mv',
    title: 'Gain',
    values: [5, 10, 20],
    words: (value) => `${value} mm/mV`,
    question: 'How tall is one millivolt?',
    help: 'It is printed at the edge, such as “10 mm/mV”, or shown by a box at the start of each row: two large squares tall is 10.',
  },
  {
    what: 'layout',
    option: 'name',
    title: 'Layout',
    values: ['3x4', '3x4+1', '3x4+3', '6x2', '6x2+1', '12x1', 'cabrera 6x2'],
    words: layoutWords,
    question: 'How are the leads arranged?',
    help: 'Count the rows and the leads side by side, leaving out long strips at the bottom.',
  },
];

/**
 * @param {object} layout the outcome's
 * @param {{speed_mm_s?: number, gain_mm_mv?: number, name?: string}} said what the person has said so far
 * @param {(said: object) => void} onSay called with everything said, this answer included
 */
export function layoutForm(layout, said, onSay) {
  const asked = layout.questions ?? [];
  const unsure = ROWS.filter(({ what }) => asked.includes(what));
  const sure = ROWS.filter(({ what }) => !asked.includes(what));
  const row = (entry) => choiceRow(entry, layout, said, onSay);
  return element(
    'section',
    { class: unsure.length > 0 ? 'card page-layout asking' : 'card page-layout', 'aria-labelledby': 'page-layout-title' },
    element('h3', { id: 'page-layout-title' }, unsure.length > 0 ? 'Please look at your paper' : 'How it was read'),
    unsure.length > 0 ? element('p', {}, 'This couldn’t be read with certainty, and the answer depends on it. One tap reads the ECG again.') : null,
    unsure.map(row),
    unsure.length > 0 && sure.length > 0 ? element('h4', {}, 'Read from the page') : null,
    sure.map(row),
    element('p', { class: 'hint' }, 'If the paper says otherwise, tap what it says, and the ECG is read again.'),
  );
}

function choiceRow({ what, option, title, values, words, question, help }, layout, said, onSay) {
  const asking = (layout.questions ?? []).includes(what);
  const byPerson = said[option] !== undefined;
  const read = what === 'layout' && layout.name === 'unknown' ? null : layout[option] ?? null;
  const shown = byPerson ? said[option] : read;
  const known = shown === null || values.includes(shown) ? values : [...values, shown];
  const titleId = `layout-${what}`;
  const helpId = `${titleId}-help`;
  const buttons = known.map((value) => {
    const pressed = value === shown && !asking;
    const button = element('button', { type: 'button', class: 'choice', 'aria-pressed': String(pressed), 'data-value': value }, words(value));
    button.addEventListener('click', () => {
      const { [option]: before, ...others } = said;
      // What the person said is taken back by a second tap; what was read is confirmed by the first.
      onSay(byPerson && before === value ? others : { ...others, [option]: value });
    });
    return button;
  });
  return element(
    'div',
    { class: asking ? 'choice-row asked' : 'choice-row', role: 'group', 'aria-labelledby': titleId, 'aria-describedby': helpId },
    element('p', { class: 'choice-title', id: titleId }, asking ? question : title),
    element('p', { class: 'hint', id: helpId }, asking ? `${help}${guess(shown, words)}` : state(byPerson, shown, what, layout)),
    element('div', { class: 'choices' }, buttons),
  );
}

function guess(value, words) {
  return value === null ? '' : ` It may be ${words(value)}.`;
}

function state(byPerson, shown, what, layout) {
  if (byPerson) return 'As you said. Tap it again to have it read from the page.';
  if (shown === null) return 'Not known.';
  const chest = what === 'gain' && layout.chest_gain_mm_mv ? ` The chest leads have ${layout.chest_gain_mm_mv} mm/mV.` : '';
  return `As read from the page.${chest}`;
}
