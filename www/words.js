// What the page says about findings, inputs and stages: which words for which answer.

import { number, say } from './language/language.js';
import { translated } from './language/sentences.js';

/** Labels that ask for care at once if the person feels unwell; the words name the reason. */
const ALARMS = [
  { words: 'alarm.infarction', heart: true, test: (code) => code === 'MI' || /^(A|I|L|P|AS|IL|AL|IP|IPL)MI$/.test(code) || /^INJ/.test(code) },
  { words: 'alarm.ischaemia', heart: true, test: (code) => /^ISC/.test(code) || code === 'STE_' },
  { words: 'alarm.rhythm', heart: false, test: (code) => ['AFIB', 'AFLT', 'SVTAC', 'PSVT'].includes(code) },
  { words: 'alarm.block', heart: false, test: (code) => ['2AVB', '3AVB'].includes(code) },
];

/** What kinds of finding mean, for people who are no clinicians. */
const MEANINGS = [
  ['meaning.infarction', /^(MI|[AILP]MI|ASMI|ILMI|ALMI|IPMI|IPLMI)$/],
  ['meaning.ischaemia', /^(ISC|INJ)|^ST[DE]_$/],
  ['meaning.recovery', /^(STTC|NDT|NST_|NT_|TAB_|INVT|LOWT|DIG|EL|ANEUR|LNGQT)$/],
  ['meaning.conduction', /^(CD|IVCD)$/],
  ['meaning.bundle', /BBB$|^L[AP]FB/],
  ['meaning.slowAv', /^(1AVB|LPR)$/],
  ['meaning.lostAv', /^[23]AVB$/],
  ['meaning.thick', /^(HYP|[LR]VH|SEHYP|VCLVH)$/],
  ['meaning.atrium', /^(LAO|RAO)/],
  ['meaning.extra', /^(PVC|PAC|PRC\(S\)|BIGU|TRIGU)$/],
  ['meaning.sinus', /^SR$/],
  ['meaning.fast', /^STACH$/],
  ['meaning.slow', /^SBRAD$/],
  ['meaning.uneven', /^SARRH$/],
  ['meaning.fibrillation', /^(AFIB|AFLT)$/],
  ['meaning.artificial', /^PACE$/],
];

/** Labels that say nothing is amiss. They are never shown as a bare "normal". */
const REASSURING = new Set(['NORM', 'SR']);

/** `subclass/AMI` → `AMI`: what a label means doesn't depend on its group. Codes like `LAO/LAE` stay whole. */
export function bareCode(key) {
  return key.replace(/^(subclass|statement)\//, '');
}

/** Why these findings may need care at once: words, and whether it is about the heart muscle, which one lead hardly shows. */
export function alarms(findings) {
  const codes = findings.map(({ code }) => bareCode(code));
  return ALARMS.filter(({ test }) => codes.some(test));
}

/** The key of what a finding means, or `null` where its name says all there is. */
export function meaning(code) {
  return MEANINGS.find(([, codes]) => codes.test(bareCode(code)))?.[0] ?? null;
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
    { title: 'findings.overall', members: ['superclass'], findings: [] },
    { title: 'findings.rhythm', members: ['rhythm'], findings: [] },
    { title: 'findings.detail', members: [], findings: [] },
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

/** What the reading can't show, by kind of input. */
export const BLIND_SPOTS = {
  strip: ['blind.singleLead', 'blind.stripSeconds', 'blind.who'],
  printout: ['blind.infarction', 'blind.printoutSeconds', 'blind.who'],
  recording: ['blind.infarction', 'blind.printoutSeconds', 'blind.who'],
};

const PRINTOUT_STAGES = [
  ['decode', 'stage.openPicture'],
  ['rectify', 'stage.rectify'],
  ['digitise', 'stage.digitise'],
  ['classify', 'stage.classify'],
];

/** The stages of a reading, in order, by kind of input. */
export const STAGES = {
  printout: PRINTOUT_STAGES,
  pdf: [['openPdf', 'stage.openPdf'], ['drawPage', 'stage.drawPage'], ...PRINTOUT_STAGES.slice(1)],
  strip: [
    ['decode', 'stage.openRecording'],
    ['prepare', 'stage.prepare'],
    ['classify', 'stage.classify'],
  ],
};

/** What the reader's own stages are called before it is ready. */
export const LOADING_WORDS = {
  download: 'engine.amount',
  check: 'engine.checking',
  'webgpu-download': 'engine.cardAmount',
  'webgpu-check': 'engine.card',
};

export const STAGE_WAITING = { load: 'stage.load', device: 'stage.device', weights: 'stage.weights' };

const ERROR_TITLES = new Set(['UNSUPPORTED_FORMAT', 'TOO_LARGE', 'DECODE', 'INTEGRITY', 'OUT_OF_MEMORY', 'DEVICE_LOST', 'ABORTED']);

/** The heading for an error. */
export function errorTitle(code, kind) {
  // A strip may only lack its sampling rate, which isn't damage.
  if (code === 'DECODE' && kind === 'strip') return say('error.recording');
  return say(ERROR_TITLES.has(code) ? `error.${code}` : 'error.other');
}

/** Whether a problem's own (English) words point at what the form for lead, rate and unit can answer. */
export function concernsStripOptions(problems) {
  return problems.some(({ message, hint }) => /\b(rate|unit|lead|hz|mv|µv|uv|microvolts?|millivolts?)\b/i.test(`${message} ${hint}`));
}

/**
 * What to try next, besides the hint that came with the problem.
 * @param {'printout'|'pdf'|'pdfPage'|'strip'} kind `pdfPage` is one of several
 * @param {string} code an error's, or `REJECTED`
 * @param {boolean} optionsHelp whether lead, rate or unit may be the trouble
 */
export function nextSteps(kind, code, optionsHelp) {
  if (code === 'ABORTED') return [];
  if (['INTEGRITY', 'DEVICE_LOST', 'OUT_OF_MEMORY'].includes(code)) return [say('try.fileIsFine')];
  // What is wrong with the file itself comes with its own way out.
  if (isPdfPage(kind)) {
    if (code !== 'REJECTED') return [];
    return [...(kind === 'pdfPage' ? [say('try.pdfPage')] : []), say('try.pdfRecording'), say('try.mark')];
  }
  if (kind === 'printout') {
    if (code === 'TOO_LARGE') return [say('try.smaller')];
    return [say('try.photo'), say('try.screenshot'), ...(code === 'REJECTED' ? [say('try.mark')] : [])];
  }
  return [say(optionsHelp ? 'try.options' : 'try.export')];
}

/** The engine's hints are for photos. What to do instead about a page of a PDF, which nobody can photograph more sharply. */
const PDF_HINTS = {
  NO_GRID: 'pdfHint.grid',
  NOT_AN_ECG: 'pdfHint.curves',
  LOW_RESOLUTION: 'pdfHint.sharp',
  BLURRED: 'pdfHint.sharp',
  TOO_DARK: 'pdfHint.light',
  CLIPPED: 'pdfHint.light',
  LOW_CONTRAST: 'pdfHint.light',
  FAINT_GRID: 'pdfHint.light',
  UNEVEN_PAGE: 'pdfHint.flat',
  INCOMPLETE: 'pdfHint.whole',
};

/** The words for what to do about an issue, where the engine's own don't fit what was read; else `null`. */
export function ownHint(code, source) {
  return isPdfPage(source) && PDF_HINTS[code] ? say(PDF_HINTS[code]) : null;
}

function isPdfPage(source) {
  return source === 'pdf' || source === 'pdfPage';
}

/** `3x4+1` → `3 rows of 4 leads + 1 strip`. */
export function layoutWords(name) {
  if (name === 'one lead') return say('layout.oneLeadName');
  const [, sequence, rows, columns, strips] = /^(cabrera )?(\d+)x(\d+)(?:\+(\d+))?$/.exec(name) ?? [];
  if (rows === undefined) return name;
  let layout = say(columns === '1' ? 'layout.single' : 'layout.rows', { rows: Number(rows), columns: Number(columns) });
  if (strips) layout = say('layout.strips', { layout, count: Number(strips) });
  return sequence ? say('layout.cabrera', { layout }) : layout;
}

/** A layout with the leads of its long strips. */
export function arrangement({ name, rhythm_leads: strips = [] }) {
  const known = strips.filter((lead) => lead !== 'unknown');
  const layout = layoutWords(name);
  return known.length > 0 ? say('layout.named', { layout, leads: known.join(', ') }) : layout;
}

/** `25` → `25 mm/s`. */
export function speedWords(speed) {
  return speed ? say('unit.mmPerSecond', { value: speed }) : say('speed.unknown');
}

/** `10` → `10 mm/mV`. */
export function gainWords(gain) {
  return gain ? say('unit.mmPerMillivolt', { value: gain }) : say('gain.unknown');
}

/** How good an input was, in a word. */
export function qualityWord(score) {
  if (score >= 0.8) return say('quality.good');
  return say(score >= 0.5 ? 'quality.fair' : 'quality.poor');
}

/** `webgpu` → `graphics card`. */
export function deviceWord(device) {
  return say(device === 'webgpu' ? 'device.webgpu' : 'device.cpu');
}

/** Which device reads, and why it isn't the graphics card where that was given up. */
export function readyWords(device, fallbackReason) {
  if (device === 'webgpu') return say('engine.onCard');
  if (!fallbackReason) return say('engine.onCpu');
  return say('engine.onCpuBecause', { reason: translated(fallbackReason).text });
}

/** `likely` and `possible`, as the engine grades its findings. */
export function bandWord(band) {
  return say(band === 'likely' ? 'band.likely' : 'band.possible');
}

/** `1234567` bytes → `1.2 MB`. */
export function megabytes(bytes) {
  return number(bytes / 1e6, { style: 'unit', unit: 'megabyte', minimumFractionDigits: 1, maximumFractionDigits: 1 });
}
