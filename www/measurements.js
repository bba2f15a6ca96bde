// Heart rate, rhythm and intervals, where they could be measured.

import { element } from './dom.js';
import { say, sayNodes } from './language/language.js';

const INTERVALS = [['pr_ms', 'measure.pr'], ['qrs_ms', 'measure.qrs'], ['qt_ms', 'measure.qt'], ['qtc_ms', 'measure.qtc']];

/** Nodes for the outcome's `measurements`; none where nothing was measured. */
export function measurementNodes(measurements = {}) {
  const rows = intervalRows(measurements);
  return [
    heartRate(measurements),
    rows.length > 0
      ? element('dl', { class: 'intervals' }, rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))))
      : null,
    rows.length > 0 ? element('p', { class: 'hint' }, say('measure.hint')) : null,
  ];
}

/** The intervals that were measured, as pairs of name and value. */
export function intervalRows(measurements = {}) {
  return INTERVALS.filter(([key]) => measurements[key]).map(([key, name]) => {
    const { value, low, high } = rounded(measurements[key]);
    const middle = say('unit.milliseconds', { value });
    return [say(name), low === high ? middle : say('measure.range', { value: middle, low, high })];
  });
}

/** Rate and rhythm as one line; '' where they weren't measured. */
export function heartRateText(measurements = {}) {
  return heartRate(measurements)?.textContent ?? '';
}

function heartRate({ heart_rate_bpm: rate, rhythm }) {
  if (!rate) return null;
  const { value, low, high } = rounded(rate);
  const perMinute = element('strong', {}, say('measure.perMinute', { value }));
  const ranged = low === high ? perMinute : element('span', {}, sayNodes('measure.between', { value: perMinute, low, high }));
  return element('p', { class: 'heart-rate' }, sayNodes('measure.rate', { rate: withRhythm(ranged, rhythm) }));
}

function withRhythm(rate, rhythm) {
  if (!rhythm) return rate;
  return element('span', {}, sayNodes('measure.rhythm', { rate, rhythm: say(rhythm === 'regular' ? 'measure.regular' : 'measure.irregular') }));
}

function rounded({ value, low, high }) {
  return { value: Math.round(value), low: Math.round(low), high: Math.round(high) };
}
