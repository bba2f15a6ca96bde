// Lead, sampling rate and unit of a strip, for files that don't say them or say them wrongly.

import { element } from './dom.js';
import { field, select } from './form-fields.js';
import { say } from './language/language.js';

const LEADS = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'];

/**
 * The form, open where an answer is needed and folded where it would only change one.
 * @param {{lead?: string, sampleRateHz?: number, unit?: string}} options what was used last
 * @param {boolean} open
 * @param {(options: object) => void} onSubmit
 * @param {boolean} onPaper whether the strip was read from a picture, whose scale is asked elsewhere
 */
export function stripForm(options, open, onSubmit, onPaper) {
  const lead = select('strip-lead', [['', say('strip.asFile')], ...LEADS.map((name) => [name, name]), ['unknown', say('strip.notKnown')]], options.lead);
  const unit = select('strip-unit', [['', say('strip.asFile')], ['mV', say('strip.millivolt')], ['uV', say('strip.microvolt')], ['V', say('strip.volt')]], options.unit);
  const rate = element('input', {
    id: 'strip-rate',
    type: 'number',
    inputmode: 'decimal',
    min: '20',
    max: '2000',
    step: 'any',
    placeholder: say('strip.asFile'),
    value: options.sampleRateHz,
  });
  const form = element(
    'form',
    { class: 'strip-form' },
    element('p', { class: 'hint' }, say(onPaper ? 'strip.paperHint' : 'strip.hint')),
    field(say('strip.lead'), lead, say('strip.leadHint')),
    onPaper ? null : field(say('strip.rate'), rate, say('strip.rateHint')),
    onPaper ? null : field(say('strip.unit'), unit, say('strip.unitHint')),
    element('button', { class: 'button primary', type: 'submit' }, say('strip.again')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    onSubmit({ lead: lead.value || undefined, unit: unit.value || undefined, sampleRateHz: rate.valueAsNumber || undefined });
  });
  return element('details', { class: 'card strip-options', open }, element('summary', {}, say('strip.title')), form);
}
