// The report: what is printed of a result is one sheet of A4 or Letter with everything on it, in the page's language.

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { readPdf } from './pdf-text.mjs';
import { openPage, PATIENCE_MS, readSamples } from './page.mjs';

const RESULTS = fileURLToPath(new URL('../../test-results', import.meta.url));
/** In points. */
const SHEETS = { A4: [595, 842], Letter: [612, 792] };

let opened;
let page;
let samples;

before(async () => {
  await mkdir(RESULTS, { recursive: true });
  opened = await openPage({ query: '?device=cpu', context: { locale: 'de-DE', colorScheme: 'dark' } });
  ({ page } = opened);
  samples = await readSamples();
});

after(() => opened.close());

const read = (part) => opened.outcomeOf(() => page.click(`[data-file="${samples.find(({ file }) => file.includes(part)).file}"]`));
const speak = async (tag) => {
  await page.selectOption('#language', tag);
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, tag);
};

async function print(name, format) {
  const file = await page.pdf({ format, path: `${RESULTS}/report-${name}-${format}.pdf` });
  const { pages, text } = readPdf(file);
  assert.equal(pages.length, 1, `${name} on ${format} is one sheet`);
  const [width, height] = SHEETS[format];
  assert.ok(Math.abs(pages[0].width - width) < 2 && Math.abs(pages[0].height - height) < 2, JSON.stringify(pages[0]));
  await assertNothingCut(name, format);
  return text;
}

/** The sheet hides what would run over; nothing may. */
async function assertNothingCut(name, format) {
  const [width, height] = SHEETS[format].map((points) => Math.round(points * 96 / 72));
  const before = page.viewportSize();
  await page.setViewportSize({ width: width - 91, height }); // 12 mm of margin on either side.
  await page.emulateMedia({ media: 'print' });
  const [inner, outer] = await page.evaluate(() => {
    const sheet = document.querySelector('.report');
    return [sheet.scrollHeight, sheet.clientHeight];
  });
  await page.screenshot({ path: `${RESULTS}/report-${name}-${format}.png` });
  await page.emulateMedia({ media: null });
  await page.setViewportSize(before);
  assert.ok(inner <= outer, `${name} on ${format}: ${inner} px of words and picture on ${outer} px`);
}

test('on the screen the sheet isn’t there', { timeout: PATIENCE_MS }, async () => {
  await read('lbbb');
  assert.ok(await page.isHidden('.report'));
  assert.ok(await page.isVisible('#print'));
});

for (const [tag, part, expected] of [
  ['de', 'lbbb', ['Drucken', 'Linksschenkelblock(komplett)', 'CLBBB']],
  ['en', 'lbbb', ['Print', 'Leftbundlebranchblock(complete)', 'CLBBB']],
]) {
  test(`a printout’s report in ${tag}`, { timeout: 2 * PATIENCE_MS }, async () => {
    await speak(tag);
    const outcome = await read(part);
    const [button, finding, code] = expected;
    for (const format of ['A4', 'Letter']) {
      const text = await print(`${part}-${tag}`, format);
      const { words } = await import(`../../www/language/${tag}.js`);
      const said = [finding, code, words['use.what'], words['blind.compare'], words['measure.rate'].split(' {')[0], 'mm/mV', outcome.provenance.sha256,
        outcome.provenance.version, 'printout-lbbb.jpg', String(new Date().getFullYear()), words['emergency.calm']];
      for (const wanted of said) assert.ok(text.includes(wanted.replaceAll(/\s/g, '')), `“${wanted}” is on ${format}`);
      assert.ok(!text.includes(button), 'buttons aren’t printed');
    }
  });
}

test('a strip’s report with its warning, in German and Arabic', { timeout: 2 * PATIENCE_MS }, async () => {
  await speak('de');
  await read('afib');
  for (const format of ['A4', 'Letter']) assert.match(await print('afib-de', format), /Vorhofflimmern.*Notruf|Notruf.*Vorhofflimmern/);
  await speak('ar');
  for (const format of ['A4', 'Letter']) await print('afib-ar', format);
});

test('many findings, long names and every warning still fit', { timeout: PATIENCE_MS }, async () => {
  // The longest that can come: more findings than are listed, each with its long name, and all intervals.
  await page.evaluate(async () => {
    const { reportSheet } = await import('./report.js');
    const { findings } = await import('./language/en.js');
    const names = Object.entries(findings).sort(([, a], [, b]) => b.length - a.length).slice(0, 30);
    const range = { value: 100, low: 90, high: 110 };
    const outcome = {
      kind: 'printout',
      findings: names.map(([code, name]) => ({ code, name, group: 'diagnostic', probability: 0.5, band: 'possible' })),
      measurements: { heart_rate_bpm: range, rhythm: 'irregular', pr_ms: range, qrs_ms: range, qt_ms: range, qtc_ms: range },
      quality: { score: 0.4, pixels_per_mm: 5, issues: ['TOO_DARK', 'CLIPPED', 'LOW_RESOLUTION', 'BLURRED', 'LOW_CONTRAST', 'INCOMPLETE', 'FAINT_GRID'].map((code) => ({ code, severity: 'warn', message: '', hint: '' })) },
      layout: { name: '3x4+1', speed_mm_s: 25, gain_mm_mv: 10, rotation_deg: 90, rhythm_leads: ['II'], questions: [] },
      lead: null,
      provenance: { model: 'image-student', version: '0.1.0', sha256: '0'.repeat(64), device: 'cpu', fallback_reason: 'this browser found no usable graphics card' },
    };
    const picture = { width: 1800, height: 1200, rgba: new Uint8ClampedArray(1800 * 1200 * 4).fill(200) };
    const sheet = reportSheet({ outcome, picture, strip: null }, { readAt: new Date(), fileName: `${'long '.repeat(20)}.jpg`, sample: {}, versions: 'Inkbeat 0.1.0 (0123456789ab)' });
    document.querySelector('.report').replaceWith(sheet);
  });
  for (const format of ['A4', 'Letter']) await print('full', format);
});

test('the page complained about nothing', () => {
  assert.deepEqual(opened.problems, []);
});
