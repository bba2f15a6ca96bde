// How the printout was read: paper speed, gain and layout. What is unsure is asked; everything can be changed by one tap.

import { element } from './dom.js';
import { say } from './language/language.js';
import { gainWords, layoutWords, speedWords } from './words.js';

const ROWS = [
  {
    what: 'speed',
    option: 'speed_mm_s',
    title: 'layout.speed',
    values: [12.5, 25, 50],
    words: speedWords,
    question: 'layout.speedQuestion',
    help: 'layout.speedHelp',
  },
  {
    what: 'gain',
    option: 'gain_mm_mv',
    title: 'layout.gain',
    values: [5, 10, 20],
    words: gainWords,
    question: 'layout.gainQuestion',
    help: 'layout.gainHelp',
  },
  {
    what: 'layout',
    option: 'name',
    title: 'layout.name',
    values: ['3x4', '3x4+1', '3x4+3', '6x2', '6x2+1', '12x1', 'cabrera 6x2', 'one lead'],
    words: layoutWords,
    question: 'layout.nameQuestion',
    help: 'layout.nameHelp',
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
    element('h3', { id: 'page-layout-title' }, say(unsure.length > 0 ? 'layout.asking' : 'layout.title')),
    unsure.length > 0 ? element('p', {}, say('layout.unsure')) : null,
    layout.name === 'unknown' ? element('p', { class: 'one-lead' }, element('strong', {}, say('layout.oneLeadQuestion')), ' ', say('layout.oneLead')) : null,
    unsure.map(row),
    unsure.length > 0 && sure.length > 0 ? element('h4', {}, say('layout.fromPage')) : null,
    sure.map(row),
    element('p', { class: 'hint' }, say('layout.otherwise')),
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
    element('p', { class: 'choice-title', id: titleId }, say(asking ? question : title)),
    element('p', { class: 'hint', id: helpId }, asking ? `${say(help)}${guess(shown, words)}` : state(byPerson, shown, what, layout)),
    element('div', { class: 'choices' }, buttons),
  );
}

function guess(value, words) {
  return value === null ? '' : ` ${say('layout.guess', { value: words(value) })}`;
}

function state(byPerson, shown, what, layout) {
  if (byPerson) return say('layout.asYouSaid');
  if (shown === null) return say('layout.notKnown');
  const chest = what === 'gain' && layout.chest_gain_mm_mv ? ` ${say('layout.chestGain', { gain: gainWords(layout.chest_gain_mm_mv) })}` : '';
  return `${say('layout.asRead')}${chest}`;
}
