// Labelled form controls.

import { element } from './dom.js';

/** A drop-down list of `[value, text]` pairs. */
export function select(id, choices, chosen = '') {
  return element('select', { id }, choices.map(([value, text]) => element('option', { value, selected: value === chosen }, text)));
}

/** A control with its label and a hint. */
export function field(label, control, hint) {
  const hintId = `${control.id}-hint`;
  control.setAttribute('aria-describedby', hintId);
  return element('div', { class: 'field' }, element('label', { for: control.id }, label), control, element('span', { id: hintId, class: 'hint' }, hint));
}
