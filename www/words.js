// What the page says about findings, inputs and stages, in words a patient can read.

/** Labels that ask for care at once if the person feels unwell; the word names the reason. */
const ALARMS = [
  { words: 'a heart attack, old or new', test: (code) => code === 'MI' || /^(A|I|L|P|AS|IL|AL|IPL|IP)MI$/.test(code) || /^INJ/.test(code) },
  { words: 'too little blood reaching part of the heart muscle', test: (code) => /^ISC/.test(code) || code === 'STE_' },
  { words: 'an irregular or very fast rhythm', test: (code) => ['AFIB', 'AFLT', 'SVTAC', 'PSVT'].includes(code) },
  { words: 'a blocked signal between the heart’s chambers', test: (code) => ['2AVB', '3AVB'].includes(code) },
];

/** Labels that say nothing is amiss. They are never shown as a bare "normal". */
const REASSURING = new Set(['NORM', 'SR']);

/** `subclass/AMI` → `AMI`: what a label means doesn't depend on its group. Codes like `LAO/LAE` stay whole. */
export function bareCode(key) {
  return key.replace(/^(subclass|statement)\//, '');
}

/** The reasons, in plain words, why these findings may need care at once. */
export function alarmReasons(findings) {
  const codes = findings.map(({ code }) => bareCode(code));
  return ALARMS.filter(({ test }) => codes.some(test)).map(({ words }) => words);
}

/** Whether nothing among the findings is out of the ordinary. */
export function nothingFound(findings) {
  return findings.every(({ code }) => REASSURING.has(bareCode(code)));
}

/**
 * Findings in three groups for people: one line per name, as labels of two groups can share it,
 * and never `NORM`, which would read as an all-clear.
 */
export function groupFindings(findings) {
  const groups = [
    { title: 'Overall', members: ['superclass'], findings: [] },
    { title: 'Rhythm', members: ['rhythm'], findings: [] },
    { title: 'In detail', members: [], findings: [] },
  ];
  const named = new Set();
  for (const finding of findings) {
    if (bareCode(finding.code) === 'NORM' || named.has(finding.name)) continue;
    named.add(finding.name);
    const group = groups.find(({ members }) => members.includes(finding.group)) ?? groups.at(-1);
    group.findings.push(finding);
  }
  return groups.filter((group) => group.findings.length > 0);
}

export const SUPERCLASSES = [
  ['NORM', 'None of the others (“normal ECG” in PTB-XL)'],
  ['MI', 'Myocardial infarction'],
  ['STTC', 'ST/T change'],
  ['CD', 'Conduction disturbance'],
  ['HYP', 'Hypertrophy'],
];

/** What the reading can't show, by kind of input. */
export const BLIND_SPOTS = {
  strip: [
    'A single lead can’t show a heart attack or too little blood flow to the heart, whatever it says here.',
    'It shows only these seconds: a rhythm that comes and goes can be missed.',
    'It doesn’t know how you feel, and it hasn’t been checked for children or people with a pacemaker.',
  ],
  printout: [
    'A heart attack can be present although the ECG looks unremarkable.',
    'It shows only these seconds, and can’t compare with an earlier ECG, so it can’t tell old from new.',
    'It doesn’t know how you feel, and it hasn’t been checked for children or people with a pacemaker.',
  ],
};

/** The stages of a reading, in order, by kind of input. */
export const STAGES = {
  printout: [
    ['decode', 'Opening the picture'],
    ['rectify', 'Finding the grid and straightening the page'],
    ['digitise', 'Following the curves and reading the layout'],
    ['classify', 'Looking at the tracing'],
  ],
  strip: [
    ['decode', 'Opening the recording'],
    ['prepare', 'Cleaning the signal'],
    ['classify', 'Looking at the tracing'],
  ],
};

export const STAGE_WAITING = { load: 'Waiting for the reader to load', device: 'Preparing the graphics card' };

/** Headings for errors, by code. */
const ERROR_TITLES = {
  UNSUPPORTED_FORMAT: 'This kind of file can’t be read',
  TOO_LARGE: 'This file is too large',
  DECODE: 'This file seems damaged',
  INTEGRITY: 'This copy of Inkbeat isn’t complete',
  OUT_OF_MEMORY: 'There wasn’t enough memory',
  DEVICE_LOST: 'The reader stopped',
  ABORTED: 'Stopped',
};

export function errorTitle(code, kind) {
  // A strip may only lack its sampling rate, which isn't damage.
  if (code === 'DECODE' && kind === 'strip') return 'This recording can’t be read as it is';
  return ERROR_TITLES[code] ?? 'Something went wrong';
}

/** Whether a problem's own words point at what the form for lead, rate and unit can answer. */
export function concernsStripOptions(problems) {
  return problems.some(({ message, hint }) => /\b(rate|unit|lead|hz|mv|µv|uv|microvolts?|millivolts?)\b/i.test(`${message} ${hint}`));
}

/**
 * What to try next, besides the hint that came with the problem.
 * @param {'printout'|'strip'} kind
 * @param {string} code an error's, or `REJECTED`
 * @param {boolean} optionsHelp whether lead, rate or unit may be the trouble
 */
export function nextSteps(kind, code, optionsHelp) {
  if (code === 'ABORTED') return [];
  if (['INTEGRITY', 'DEVICE_LOST', 'OUT_OF_MEMORY'].includes(code)) return ['Your file is fine, and still here.'];
  if (kind === 'printout') {
    if (code === 'TOO_LARGE') return ['Take a photo with an ordinary phone camera, or save a smaller copy.'];
    return [
      'Take the photo again: paper flat, even light, phone straight above, grid filling the picture.',
      'If it is a PDF or on a screen, a screenshot of the ECG page works best.',
      ...(code === 'REJECTED' ? ['Or mark the page by hand, below.'] : []),
    ];
  }
  if (optionsHelp) return ['Set below which lead, sampling rate and unit the recording has, then read it again.'];
  return ['Export the recording again, as CSV: one column of numbers, or time and one column for each lead.'];
}

/** `3x4+1` → `3 rows of 4 leads + 1 strip`. */
export function layoutWords(name) {
  const [, sequence, rows, columns, strips] = /^(cabrera )?(\d+)x(\d+)(?:\+(\d+))?$/.exec(name) ?? [];
  if (rows === undefined) return name;
  const leads = columns === '1' ? `${rows} rows of 1 lead` : `${rows} rows of ${columns} leads`;
  const extra = strips ? ` + ${strips} strip${strips === '1' ? '' : 's'}` : '';
  return `${leads}${extra}${sequence ? ' (Cabrera)' : ''}`;
}

/** How a layout's leads are arranged, as the end of a sentence. */
export function arrangement({ name, rhythm_leads: strips = [] }) {
  if (name === 'unknown') return 'in an unknown layout';
  const known = strips.filter((lead) => lead !== 'unknown');
  return `as ${layoutWords(name)}${known.length > 0 ? ` (${known.join(', ')})` : ''}`;
}

/** Speed and gain of a layout, in words. */
export function scaleWords({ speed_mm_s: speed, gain_mm_mv: gain }) {
  const [speedWords, gainWords] = [speed ? `${speed} mm/s` : 'unknown speed', gain ? `${gain} mm/mV` : 'unknown gain'];
  return `${speedWords} and ${gainWords}`;
}

/** How good an input was, in a word. */
export function qualityWord(score) {
  if (score >= 0.8) return 'good';
  return score >= 0.5 ? 'fair' : 'poor';
}

/** `webgpu` → `graphics card`. */
export function deviceWord(device) {
  return device === 'webgpu' ? 'graphics card' : 'processor';
}

export function percent(probability) {
  const value = probability * 100;
  if (value > 0 && value < 1) return 'under 1 %';
  if (value > 99 && value < 100) return 'over 99 %';
  return `${Math.round(value)} %`;
}
