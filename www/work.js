// The reading under way: its stages in words, with the one it is at.

import { byId, element } from './dom.js';
import { onLanguage, say } from './language/language.js';
import { STAGES, STAGE_WAITING } from './words.js';

const SLOW_AFTER_MS = 20_000; // Beyond what the oldest phone needs.

let kind = 'printout';
let slowTimer = 0;
let shownStage = null;

onLanguage(() => shownStage !== null && showStage(shownStage));

/** Shows the card with all stages still to come. */
export function showWork(fileName, guessedKind) {
  kind = guessedKind;
  byId('work-file').textContent = fileName;
  byId('work-slow').hidden = true;
  byId('work').hidden = false;
  byId('work').scrollIntoView({ block: 'nearest' });
  clearTimeout(slowTimer);
  slowTimer = setTimeout(() => (byId('work-slow').hidden = false), SLOW_AFTER_MS);
}

/** Marks the stage `told` as the one under way: 'load', 'device', or a stage of the engine. */
export function showStage(told) {
  // What is opened of a PDF is the picture that was just drawn: no step to speak of.
  const stage = kind === 'pdf' && told === 'decode' ? 'rectify' : told;
  shownStage = stage;
  if (stage === 'rectify' && kind !== 'pdf') kind = 'printout';
  if (stage === 'prepare') kind = 'strip';
  const stages = [...STAGES[kind]];
  // The reader is waited for before it opens a file, but after a PDF's page is drawn, which it has no part in.
  if (STAGE_WAITING[stage]) stages.splice(kind === 'pdf' ? 2 : 0, 0, [stage, STAGE_WAITING[stage]]);
  const at = stages.findIndex(([name]) => name === stage);
  byId('work-stages').replaceChildren(
    ...stages.map(([, text], index) => {
      const state = index < at ? 'done' : index === at ? 'now' : 'next';
      return element('li', { class: state, 'aria-current': state === 'now' ? 'step' : null }, say(text));
    }),
  );
  announce(stages[at] ? say(stages[at][1]) : '');
}

/** Lets screen readers say a sentence. The place is always there: one that only appears with its words may stay unheard. */
export function announce(sentence) {
  byId('announcer').textContent = sentence;
}

export function hideWork() {
  clearTimeout(slowTimer);
  shownStage = null;
  byId('work').hidden = true;
}
