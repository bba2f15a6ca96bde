// Two ways to show a result: in plain words, or with codes and everything computed unfolded, for clinicians.

import { element } from './dom.js';
import { say } from './language/language.js';

const VIEWS = [['plain', 'view.plain'], ['clinical', 'view.clinical']];

/** Starts in the view that `?view=` names: a bookmark for those who always want the clinical one, without storing anything. */
export function startView(search) {
  const wanted = new URLSearchParams(search).get('view');
  if (VIEWS.some(([view]) => view === wanted)) document.documentElement.dataset.view = wanted;
}

/** Two buttons that choose the view of all results from now on. */
export function viewSwitch() {
  const buttons = VIEWS.map(([view, key]) => {
    const button = element('button', { type: 'button', class: 'choice', id: `view-${view}` }, say(key));
    button.addEventListener('click', () => {
      document.documentElement.dataset.view = view;
      applyView(document);
      show();
    });
    return button;
  });
  const show = () => buttons.forEach((button, index) => button.setAttribute('aria-pressed', String(VIEWS[index][0] === chosenView())));
  show();
  return element('div', { class: 'choices view-switch', role: 'group', 'aria-label': say('view.label') }, buttons);
}

/** Unfolds or folds what the view calls for; codes are shown by the style sheet. */
export function applyView(root) {
  for (const details of root.querySelectorAll('.technical')) details.open = chosenView() === 'clinical';
}

function chosenView() {
  return document.documentElement.dataset.view ?? 'plain';
}
