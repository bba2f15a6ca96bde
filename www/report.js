// The report: what was read and how, on one sheet of paper. It stands in the page unseen and is all that is printed.

import { provenance } from './details.js';
import { element } from './dom.js';
import { dateTime, findingName, percent, say } from './language/language.js';
import { heartRateText, intervalRows } from './measurements.js';
import { drawStrip } from './paper.js';
import { issueTitle } from './problem.js';
import { asksForScale, emergencyText, readAs } from './result.js';
import { curve } from './tracing.js';
import * as words from './words.js';

/** More would not fit on a sheet with everything else; the rest are in the file that is saved as JSON. */
const MOST_FINDINGS = 9;
/** From so many on they are set smaller. */
const MANY_FINDINGS = 5;
const WIDEST_PX = 1800; // About 250 dots an inch on paper.
const [SHORT_STRIP_SECS, SHORT_ROW_SECS, LONG_ROW_SECS] = [15, 5, 10];

/** A button that prints, or saves as PDF where the browser's own dialogue offers it. */
export function printButton() {
  const button = element('button', { type: 'button', class: 'button', id: 'print' }, say('report.print'));
  button.addEventListener('click', () => window.print());
  return button;
}

/**
 * The sheet for an answer of status `ok`.
 * @param {{outcome: object, picture: object|null, leads?: object[], strip: object|null}} answer
 * @param {{readAt: Date, fileName: string, sample: object|null, versions: string}} context
 */
export function reportSheet({ outcome, picture, leads = [], strip }, context) {
  const { quality, layout, kind } = outcome;
  return element(
    'section',
    { class: 'report' },
    element(
      'div',
      { class: 'report-head' },
      element('h2', {}, say('report.title')),
      element('p', {}, dateTime(context.readAt)),
      element('p', { class: 'file-name' }, element('bdi', {}, context.fileName)),
    ),
    context.sample ? element('p', { class: 'report-warning' }, say('known.title')) : null,
    element('p', {}, element('strong', {}, say('use.who')), ` ${say('use.what')}`),
    element('p', { class: 'report-emergency' }, emergencyText(outcome).join(' ')),
    element('div', { class: 'report-picture' }, picture ? printedPage(picture, leads) : null, strip ? printedStrip(strip) : null),
    element(
      'div',
      { class: 'report-columns' },
      element('div', {}, findings(outcome.findings)),
      element(
        'div',
        {},
        element('h3', {}, say('report.measured')),
        measurements(outcome.measurements),
        layout ? element('p', {}, asksForScale(layout) ? say('issue.ASSUMED_SCALE') : readAs(layout)) : null,
        element('p', {}, say('quality.line', { word: words.qualityWord(quality.score), percent: percent(quality.score) })),
        quality.issues.length > 0
          ? element('p', {}, `${say('quality.because')}: ${quality.issues.map(({ code }) => issueTitle(code) ?? code).join('; ')}`)
          : null,
      ),
    ),
    element('h3', {}, say('blind.title')),
    element('ul', {}, words.BLIND_SPOTS[kind].map((key) => element('li', {}, say(key))), element('li', {}, say('blind.compare'))),
    element('div', { class: 'report-facts' }, pairs(provenance(outcome, context.versions, 64))),
  );
}

function findings(all) {
  const shown = words.groupFindings(all).flatMap((group) => group.findings);
  const nothing = words.nothingFound(all) ? [say('findings.none'), say('findings.noAllClear')] : [];
  return [
    element('h3', {}, say('findings.title')),
    nothing.map((text) => element('p', {}, text)),
    element('ul', { class: shown.length < MANY_FINDINGS ? 'report-findings' : 'report-findings many' }, shown.slice(0, MOST_FINDINGS).map(({ code, name, probability, band }) => element(
      'li',
      {},
      element('span', {}, `${findingName(code, name)} `, element('bdi', { class: 'code' }, code)),
      element('span', {}, say('findings.band', { band: words.bandWord(band), percent: percent(probability) })),
    ))),
    shown.length > MOST_FINDINGS ? element('p', {}, say('report.more', { count: shown.length - MOST_FINDINGS })) : null,
    shown.length > 0 ? element('p', {}, say('findings.percentages')) : null,
  ];
}

function measurements(measured) {
  const rate = heartRateText(measured);
  const rows = intervalRows(measured);
  if (!rate && rows.length === 0) return element('p', {}, say('report.nothingMeasured'));
  return [rate ? element('p', {}, rate) : null, pairs(rows)];
}

function pairs(rows) {
  return element('dl', {}, rows.map(([term, text]) => element('div', {}, element('dt', {}, term), element('dd', {}, text))));
}

function printedStrip(strip) {
  const short = strip.samplesMv.length / strip.sampleRateHz <= SHORT_STRIP_SECS;
  return drawStrip(strip, short ? SHORT_ROW_SECS : LONG_ROW_SECS);
}

/** Page and curves as one drawing that scales as a whole. */
function printedPage({ width, height, rgba }, leads) {
  const full = element('canvas', { width, height });
  full.getContext('2d').putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  const scale = Math.min(1, WIDEST_PX / width);
  const sheet = element('canvas', { width: Math.round(width * scale), height: Math.round(height * scale), role: 'img', 'aria-label': say('tracing.picture') });
  const pen = sheet.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.scale(scale, scale);
  pen.drawImage(full, 0, 0);
  pen.strokeStyle = '#0050c8';
  pen.lineWidth = 1.5 / scale;
  for (const { overlay } of leads) pen.stroke(new Path2D(curve(overlay)));
  return sheet;
}
