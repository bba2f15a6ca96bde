// Heart rate, rhythm and intervals, where they could be measured.

import { element } from './dom.js';

const INTERVALS = [
  { key: 'pr_ms', name: 'PR interval', unit: 'ms' },
  { key: 'qrs_ms', name: 'QRS duration', unit: 'ms' },
  { key: 'qt_ms', name: 'QT interval', unit: 'ms' },
  { key: 'qtc_ms', name: 'QTc (corrected for rate)', unit: 'ms' },
  { key: 'axis_deg', name: 'Axis', unit: '°' },
];

/** Nodes for the outcome's `measurements`; none where nothing was measured. */
export function measurementNodes(measurements = {}) {
  const rows = INTERVALS.filter(({ key }) => measurements[key]);
  return [
    heartRate(measurements),
    rows.length > 0
      ? element(
        'dl',
        { class: 'intervals' },
        rows.map(({ key, name, unit }) => element('div', {}, element('dt', {}, name), element('dd', {}, withRange(measurements[key], unit)))),
      )
      : null,
    rows.length > 0 ? element('p', { class: 'hint' }, 'Measured by the program on the curves; a doctor measures by eye and may differ.') : null,
  ];
}

function heartRate({ heart_rate_bpm: rate, rhythm }) {
  if (!rate) return null;
  const [value, low, high] = rounded(rate);
  return element(
    'p',
    { class: 'heart-rate' },
    'Heart rate ',
    element('strong', {}, `${value} per minute`),
    low === high ? null : ` (between ${low} and ${high})`,
    rhythm ? `, ${rhythm}` : null,
  );
}

function withRange(interval, unit) {
  const [value, low, high] = rounded(interval);
  const space = unit === '°' ? '' : ' ';
  return low === high ? `${value}${space}${unit}` : `${value}${space}${unit} (${low} to ${high})`;
}

function rounded({ value, low, high }) {
  return [value, low, high].map(Math.round);
}
