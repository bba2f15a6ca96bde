// The reading under way: its stages in words, with the one it is at.

import { byId, element } from './dom.js';
import { onLanguage, say } from './language/language.js';
import { megabytes, STAGES, STAGE_WAITING } from './words.js';

const SLOW_AFTER_MS = 20_000; // Beyond what the oldest phone needs.

let kind = 'printout';
let slowTimer = 0;
let shownStage = null;
let amount = '';

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

/** Shows how much has come of the weights that a reading waits for; `totalBytes` is 0 where the server doesn't say it. */
export function showArrival(loadedBytes, totalBytes) {
  amount = megabytes(loadedBytes);
  if (shownStage !== 'weights') showStage('weights'); // Announced once, not with every piece that arrives.
  byId('work-stages').querySelector('.now').textContent = say('stage.weights', { amount });
  const bar = byId('work-progress');
  bar.hidden = false;
  if (totalBytes > 0) bar.value = loadedBytes / totalBytes;
  else bar.removeAttribute('value');
}

/** Marks the stage `told` as the one under way: 'load', 'device', 'weights', or a stage of the engine. */
export function showStage(told) {
  // What is opened of a PDF is the picture that was just drawn: no step to speak of.
  const stage = kind === 'pdf' && told === 'decode' ? 'rectify' : told;
  shownStage = stage;
  if (stage !== 'weights') byId('work-progress').hidden = true;
  if (stage === 'rectify' && kind !== 'pdf') kind = 'printout';
  if (stage === 'prepare') kind = 'strip';
  const stages = [...STAGES[kind]];
  // The reader is waited for before it opens a file, but after a PDF's page is drawn, which it has no part in.
  if (STAGE_WAITING[stage]) stages.splice(kind === 'pdf' ? 2 : 0, 0, [stage, STAGE_WAITING[stage]]);
  const at = stages.findIndex(([name]) => name === stage);
  byId('work-stages').replaceChildren(
    ...stages.map(([, text], index) => {
      const state = index < at ? 'done' : index === at ? 'now' : 'next';
      return element('li', { class: state, 'aria-current': state === 'now' ? 'step' : null }, say(text, { amount }));
    }),
  );
  announce(stages[at] ? say(stages[at][1], { amount }) : '');
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
