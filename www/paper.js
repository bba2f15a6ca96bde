// Draws a strip on ECG paper: 25 mm/s, 10 mm/mV, in rows that fit the screen.

import { svgElement } from './dom.js';
import { number, say } from './language/language.js';
import { gainWords, speedWords } from './words.js';

const MM_PER_SECOND = 25;
const MM_PER_MV = 10;
const LONGEST_DRAWN_SECS = 30; // As long as a watch records; more would be a wall of paper.
const LARGEST_DRAWN_MV = 3; // Beyond this a row would push all others off the screen.

/**
 * One SVG in millimetres.
 * @param {{sampleRateHz: number, samplesMv: Float32Array, rPeaks?: Uint32Array}} strip with its beats, they and the seconds are marked
 * @param {number} rowSecs seconds per row
 */
export function drawStrip({ sampleRateHz, samplesMv, rPeaks }, rowSecs) {
  const rowLength = Math.round(rowSecs * sampleRateHz);
  const drawn = samplesMv.subarray(0, Math.round(LONGEST_DRAWN_SECS * sampleRateHz));
  const { lowMv, highMv } = range(drawn);
  const rowHeight = Math.ceil(((highMv - lowMv) * MM_PER_MV + 10) / 5) * 5;
  const rows = Math.max(1, Math.ceil(drawn.length / rowLength));
  const width = rowSecs * MM_PER_SECOND;
  const height = rows * rowHeight;
  const traces = Array.from({ length: rows }, (_, row) => {
    const zeroY = row * rowHeight + 5 + highMv * MM_PER_MV;
    // One sample more than the row holds, so that rows meet without a gap.
    const samples = drawn.subarray(row * rowLength, (row + 1) * rowLength + 1);
    return svgElement('path', { class: 'paper-trace', d: path(samples, sampleRateHz, zeroY, lowMv, highMv) });
  });
  const marks = rPeaks
    ? [beatMarks(rPeaks, drawn.length, { sampleRateHz, rowLength, rowHeight }), Array.from({ length: rows }, (_, row) => secondMark(row, rowSecs, rowHeight))]
    : [];
  const shownSecs = drawn.length / sampleRateHz;
  const seconds = number(Math.round(shownSecs), { style: 'unit', unit: 'second', unitDisplay: 'long' });
  const label = say('tracing.paper', { seconds, speed: speedWords(MM_PER_SECOND), gain: gainWords(MM_PER_MV) });
  return svgElement(
    'svg',
    { class: 'paper', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label },
    grid(width, height, 1, 'paper-fine'),
    grid(width, height, 5, 'paper-coarse'),
    traces,
    marks,
  );
}

/** A small wedge above every beat. */
function beatMarks(rPeaks, length, { sampleRateHz, rowLength, rowHeight }) {
  let d = '';
  for (const peak of rPeaks) {
    if (peak >= length) break;
    const row = Math.floor(peak / rowLength);
    const x = ((peak - row * rowLength) / sampleRateHz) * MM_PER_SECOND;
    d += `M${x.toFixed(2)} ${(row * rowHeight + 3.2).toFixed(2)}l-1 -2h2z`;
  }
  return svgElement('path', { class: 'paper-beat', d });
}

/** At which second a row begins. */
function secondMark(row, rowSecs, rowHeight) {
  const words = number(row * rowSecs, { style: 'unit', unit: 'second', unitDisplay: 'narrow' });
  return svgElement('text', { class: 'paper-second', x: 0.8, y: (row + 1) * rowHeight - 1 }, words);
}

function grid(width, height, stepMm, name) {
  let d = '';
  for (let x = 0; x <= width; x += stepMm) d += `M${x} 0V${height}`;
  for (let y = 0; y <= height; y += stepMm) d += `M0 ${y}H${width}`;
  return svgElement('path', { class: name, d });
}

function path(samples, sampleRateHz, zeroY, lowMv, highMv) {
  let d = '';
  samples.forEach((mv, index) => {
    const x = (index / sampleRateHz) * MM_PER_SECOND;
    const y = zeroY - Math.min(highMv, Math.max(lowMv, mv)) * MM_PER_MV;
    d += `${index === 0 ? 'M' : 'L'}${x.toFixed(2)} ${y.toFixed(2)}`;
  });
  return d;
}

function range(samplesMv) {
  let lowMv = -0.5;
  let highMv = 1;
  for (const mv of samplesMv) {
    lowMv = Math.min(lowMv, mv);
    highMv = Math.max(highMv, mv);
  }
  return { lowMv: Math.max(lowMv, -LARGEST_DRAWN_MV), highMv: Math.min(highMv, LARGEST_DRAWN_MV) };
}
