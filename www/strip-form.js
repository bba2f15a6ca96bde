// Lead, sampling rate and unit of a strip, for files that don't say them or say them wrongly.

import { element } from './dom.js';
import { field, select } from './form-fields.js';

const LEADS = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'];

/**
 * The form, open where an answer is needed and folded where it would only change one.
 * @param {{lead?: string, sampleRateHz?: number, unit?: string}} options what was used last
 * @param {boolean} open
 * @param {(options: object) => void} onSubmit
 */
export function stripForm(options, open, onSubmit) {
  const lead = select('strip-lead', [['', 'As the file says'], ...LEADS.map((name) => [name, name]), ['unknown', 'Not known']], options.lead);
  const unit = select('strip-unit', [['', 'As the file says'], ['mV', 'Millivolt (mV)'], ['uV', 'Microvolt (µV)'], ['V', 'Volt (V)']], options.unit);
  const rate = element('input', {
    id: 'strip-rate',
    type: 'number',
    inputmode: 'decimal',
    min: '20',
    max: '2000',
    step: 'any',
    placeholder: 'As the file says',
    value: options.sampleRateHz,
  });
  const form = element(
    'form',
    { class: 'strip-form' },
    element('p', { class: 'hint' }, 'For a file that doesn’t say. What the file says itself comes first; of several leads, the one chosen here is read.'),
    field('Lead', lead, 'A watch gives lead I.'),
    field('Samples per second (Hz)', rate, 'Often 512, 500, 300, 250 or 130; the app or manual says.'),
    field('Unit', unit, 'One heartbeat is about 1 mV, or 1000 µV, tall.'),
    element('button', { class: 'button primary', type: 'submit' }, 'Read again'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    onSubmit({ lead: lead.value || undefined, unit: unit.value || undefined, sampleRateHz: rate.valueAsNumber || undefined });
  });
  return element('details', { class: 'card strip-options', open }, element('summary', {}, 'Lead, sampling rate and unit'), form);
}
