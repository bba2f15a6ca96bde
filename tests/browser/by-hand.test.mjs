// What a person can say about a printout: where the page is, its speed, gain and layout; and what is shown of the
// digitised curves. The engine's answers are made up here, so that every question comes up.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { png } from './broken-files.mjs';
import { openPage, PATIENCE_MS } from './page.mjs';

const RESULTS = fileURLToPath(new URL('../../test-results', import.meta.url));
const PHOTO = { width: 800, height: 600 };
const photo = png(PHOTO.width, PHOTO.height, (x, y) => (x % 20 === 0 || y % 20 === 0 ? [240, 180, 180] : [250, 245, 240]));

/** Runs in the worker, behind the engine's own code. It answers by the file's name, and says what it was asked. */
const MADE_UP = `
  Engine.prototype.classify = async function (files, options, progress) {
    for (const stage of ['decode', 'rectify', 'digitise', 'classify']) progress(stage);
    const { fallbackReason, ...asked } = options;
    const photo = { width: ${PHOTO.width}, height: ${PHOTO.height} };
    const { name } = files[0];
    if (name === 'lost.png' && !options.rectify) {
      const issues = [{ code: 'NO_GRID', severity: 'reject', message: 'No ECG grid was found.', hint: 'Mark the page.' }];
      return { outcome: { status: 'rejected', issues, asked }, photo, picture: null, leads: [], strip: null };
    }
    const { speed_mm_s, gain_mm_mv, name: layoutName } = options.layout ?? {};
    const unsure = name === 'unsure.png';
    const layout = {
      name: layoutName ?? (unsure ? 'unknown' : '3x4+1'), name_confidence: unsure ? 0.3 : 0.95,
      speed_mm_s: speed_mm_s ?? (unsure ? 50 : 25), speed_confidence: unsure ? 0.5 : 0.99,
      gain_mm_mv: gain_mm_mv ?? (unsure ? null : 10), gain_confidence: unsure ? 0 : 0.9,
      rotation_deg: 0, rhythm_leads: ['II'],
      questions: unsure ? ['speed', 'gain', 'layout'].filter((_, index) => [speed_mm_s, gain_mm_mv, layoutName][index] === undefined) : [],
    };
    const rgba = new Uint8ClampedArray(600 * 400 * 4).fill(255);
    const samples = (count) => Float32Array.from({ length: count }, (_, index) => (index === 1 ? NaN : index / 100));
    const leads = [
      { lead: 'I', is_rhythm: false, start_s: 0, sample_rate_hz: 4, samples_mv: samples(3), overlay: Float32Array.of(10, 20, 30, 40, NaN, NaN, 50, 60, 70, 80) },
      { lead: 'II', is_rhythm: false, start_s: 0.5, sample_rate_hz: 4, samples_mv: samples(2), overlay: Float32Array.of(10, 120, 590, 140) },
      { lead: 'II', is_rhythm: true, start_s: 0, sample_rate_hz: 4, samples_mv: samples(4), overlay: Float32Array.of(10, 320, 590, 340) },
    ];
    const interval = (value, spread) => ({ value, low: value - spread, high: value + spread });
    const outcome = {
      status: 'ok', kind: 'printout', findings: [], scores: { NORM: 0.9, MI: 0.1, STTC: 0.1, CD: 0.1, HYP: 0.1 }, lead: null, layout, asked,
      measurements: unsure ? {} : { heart_rate_bpm: interval(72, 0), rhythm: 'regular', pr_ms: interval(160, 10), qrs_ms: interval(92, 0), qt_ms: interval(400, 20), qtc_ms: interval(425, 21) },
      quality: { score: 0.9, pixels_per_mm: 6, issues: [] },
      provenance: { model: 'image-student', version: '1', sha256: '0'.repeat(64), device: 'cpu', fallback_reason: null }, timings_ms: { decode: 1, digitise: 2 },
    };
    return { outcome, photo, picture: { width: 600, height: 400, rgba }, leads, strip: null };
  };`;

let opened;
let page;

before(async () => {
  await mkdir(RESULTS, { recursive: true });
  opened = await openPage({
    query: '?device=cpu',
    viewport: { width: 360, height: 740 },
    prepare: (fresh) => fresh.route('**/pkg/cpu/inkbeat.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${await response.text()}\n${MADE_UP}` });
    }),
  });
  ({ page } = opened);
});

after(() => opened.close());

const choose = (name) => opened.outcomeOf(() => page.setInputFiles('#file', { name, mimeType: 'image/png', buffer: photo }));

async function assertFits(name) {
  await page.screenshot({ path: `${RESULTS}/${name}-360.png`, fullPage: true });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, `${name} fits a small phone`);
  for (const button of await page.locator('#result button').filter({ visible: true }).all()) {
    const box = await button.boundingBox();
    // What is folded away has no box.
    assert.ok(box === null || box.height >= 44, `${await button.textContent()} is ${box?.height} px high`);
  }
}

test('a page that is not found can be marked with mouse and keyboard', { timeout: PATIENCE_MS }, async () => {
  const rejected = await choose('lost.png');
  assert.equal(rejected.status, 'rejected');
  await page.locator('.corner-mark').first().waitFor();
  await assertFits('corners');

  // Every mark starts a little inside. Drag the first to a quarter of the photo's width and height.
  await page.locator('.corner-stage').scrollIntoViewIfNeeded();
  const stage = await page.locator('.corner-stage > canvas').first().boundingBox();
  const mark = await page.locator('[data-corner="0"]').boundingBox();
  await page.mouse.move(mark.x + mark.width / 2, mark.y + mark.height / 2);
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width / 4, stage.y + stage.height / 4, { steps: 5 });
  assert.ok(await page.locator('.loupe').isVisible(), 'what is under the pointer is enlarged');
  await page.mouse.up();
  assert.ok(await page.locator('.loupe').isHidden());
  // Move the third by keys: one step is a hundredth of the side, with Shift a thousandth.
  await page.focus('[data-corner="2"]');
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowUp', 'Shift+ArrowDown']) await page.keyboard.press(key);
  assert.match(await page.getAttribute('[data-corner="2"]', 'aria-label'), /Lower right corner, 90 % from the left, 91 % from the top/);
  await page.selectOption('#paper-size', 'letter-wide');

  const outcome = await opened.outcomeOf(() => page.click('.corner-form .primary'));
  assert.equal(outcome.status, 'ok');
  const { corners, paper } = outcome.asked.rectify;
  assert.deepEqual(paper, { width_mm: 279.4, height_mm: 215.9 });
  const expected = [[200, 150], [736, 48], [720, 546.6], [64, 552]];
  for (const [index, [x, y]] of expected.entries()) {
    assert.ok(Math.hypot(corners[index][0] - x, corners[index][1] - y) < 4, `corner ${index}: ${corners[index]}`);
  }
});

test('marks stay where they were, can be turned, and be given up', { timeout: PATIENCE_MS }, async () => {
  await page.click('#corners summary');
  await page.locator('.corner-mark').first().waitFor();
  assert.equal(await page.inputValue('#paper-size'), 'letter-wide');
  assert.match(await page.getAttribute('[data-corner="0"]', 'aria-label'), /25 % from the left, 25 % from the top/);
  await page.getByRole('button', { name: 'The top is on another side' }).click();
  assert.match(await page.getAttribute('[data-corner="1"]', 'aria-label'), /Upper right corner, 25 % from the left, 25 % from the top/);
  const again = await opened.outcomeOf(() => page.getByRole('button', { name: 'Find the page without them' }).click());
  assert.equal(again.status, 'rejected');
  assert.equal(again.asked.rectify, undefined);
});

test('a finger can drag a mark, and the page stays where it is', { timeout: PATIENCE_MS }, async () => {
  await choose('lost.png');
  await page.locator('.corner-mark').first().waitFor();
  await page.locator('.corner-stage').scrollIntoViewIfNeeded();
  const stage = await page.locator('.corner-stage > canvas').first().boundingBox();
  const mark = await page.locator('[data-corner="3"]').boundingBox();
  const scrolled = await page.evaluate(() => scrollY);
  const session = await page.context().newCDPSession(page);
  const touch = (type, x, y) => session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
  // Taken hold of 5 px beside its middle, it must not jump.
  await touch('touchStart', mark.x + mark.width / 2 + 5, mark.y + mark.height / 2);
  for (const share of [0.8, 0.7, 0.6, 0.5]) await touch('touchMove', stage.x + stage.width / 2 + 5, stage.y + stage.height * share);
  await touch('touchEnd');
  assert.match(await page.getAttribute('[data-corner="3"]', 'aria-label'), /Lower left corner, 50 % from the left, 50 % from the top/);
  assert.equal(await page.evaluate(() => scrollY), scrolled);
});

test('corners in disorder and impossible sizes are refused before anything is read', { timeout: PATIENCE_MS }, async () => {
  await choose('lost.png');
  await page.locator('.corner-mark').first().waitFor();
  await page.selectOption('#paper-size', 'squares');
  await page.fill('#squares-across', '0');
  await page.click('.corner-form .primary');
  assert.match(await page.textContent('.corner-problem'), /large squares/);
  await page.fill('#squares-across', '40.5');
  await page.fill('#squares-down', '20');
  // The upper left mark beyond the lower right one.
  await page.focus('[data-corner="0"]');
  for (let count = 0; count < 90; count += 1) {
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
  }
  await page.click('.corner-form .primary');
  assert.match(await page.textContent('.corner-problem'), /own corner/);
  await page.focus('[data-corner="0"]');
  for (let count = 0; count < 90; count += 1) {
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowUp');
  }
  const outcome = await opened.outcomeOf(() => page.click('.corner-form .primary'));
  assert.deepEqual(outcome.asked.rectify.paper, { width_mm: 202.5, height_mm: 100 });
});

test('what is unsure is asked, one tap at a time, and remembered', { timeout: PATIENCE_MS }, async () => {
  const unsure = await choose('unsure.png');
  assert.deepEqual(unsure.layout.questions, ['speed', 'gain', 'layout']);
  const form = page.locator('.page-layout');
  assert.match(await form.textContent(), /look at your paper[^]*How fast[^]*It may be 50 mm\/s[^]*millivolt[^]*arranged/);
  assert.equal(await form.locator('[aria-pressed="true"]').count(), 0, 'nothing is chosen for the person');
  assert.doesNotMatch(await page.textContent('.result-columns'), /Read as printed at/);
  await assertFits('questions');

  const tap = (text) => opened.outcomeOf(() => page.locator('.page-layout').getByRole('button', { name: text, exact: true }).click());
  assert.deepEqual((await tap('25 mm/s')).asked, { layout: { speed_mm_s: 25 } });
  assert.deepEqual((await tap('5 mm/mV')).asked, { layout: { speed_mm_s: 25, gain_mm_mv: 5 } });
  const settled = await tap('6 rows of 2 leads');
  assert.deepEqual(settled.asked, { layout: { speed_mm_s: 25, gain_mm_mv: 5, name: '6x2' } });
  assert.match(await page.textContent('.page-layout'), /How it was read[^]*As you said/);
  // A second tap on what was said takes it back.
  assert.deepEqual((await tap('5 mm/mV')).asked, { layout: { speed_mm_s: 25, name: '6x2' } });
});

test('what was read is always shown and can be changed', { timeout: PATIENCE_MS }, async () => {
  await choose('fine.png');
  assert.match(await page.textContent('.result-columns'), /25 mm\/s and 10 mm\/mV, as 3 rows of 4 leads \+ 1 strip \(II\)/);
  const pressed = await page.locator('.page-layout [aria-pressed="true"]').allTextContents();
  assert.deepEqual(pressed, ['25 mm/s', '10 mm/mV', '3 rows of 4 leads + 1 strip']);
  const changed = await opened.outcomeOf(() => page.getByRole('button', { name: '50 mm/s' }).click());
  assert.deepEqual(changed.asked, { layout: { speed_mm_s: 50 } });
  // Another file starts anew.
  assert.deepEqual((await choose('fine.png')).asked, {});
});

test('rate and intervals are shown with their ranges', { timeout: PATIENCE_MS }, async () => {
  await choose('fine.png');
  const shown = await page.textContent('.result-columns');
  for (const text of ['72 per minute, regular', '160 ms (150 to 170)', '92 ms', '425 ms (404 to 446)']) assert.ok(shown.includes(text), text);
  await choose('unsure.png');
  assert.doesNotMatch(await page.textContent('.result-columns'), /per minute|PR interval/);
  assert.equal(await page.getByRole('button', { name: 'Save signals (CSV)' }).count(), 0, 'nothing in mV is saved without its scale');
});

test('the digitised curves lie over the page, can be hidden and saved', { timeout: PATIENCE_MS }, async () => {
  await choose('fine.png');
  await assertFits('curves');
  const overlay = page.locator('.tracing-overlay');
  assert.equal(await overlay.getAttribute('viewBox'), '0 0 600 400');
  assert.equal(await overlay.locator('path').first().getAttribute('d'), 'M10.0 20.0L30.0 40.0M50.0 60.0L70.0 80.0');
  // Both at one moment: the page scrolls to its answer meanwhile.
  const [canvas, drawn] = await page.evaluate(() =>
    ['.tracing canvas', '.tracing-overlay'].map((selector) => document.querySelector(selector).getBoundingClientRect().toJSON()),
  );
  for (const side of ['x', 'y', 'width', 'height']) assert.ok(Math.abs(canvas[side] - drawn[side]) < 1, `${side} of the overlay`);
  await page.click('label[for="show-overlay"]');
  assert.ok(await overlay.isHidden());
  await page.click('label[for="show-overlay"]');
  assert.ok(await overlay.isVisible());

  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save signals (CSV)' }).click()]);
  assert.equal(download.suggestedFilename(), 'inkbeat-signals.csv');
  const text = await readFile(await download.path(), 'utf8');
  assert.equal(text, [
    'time_s,I,II,II (rhythm)',
    '0.000000,0.0000,,0.0000',
    '0.250000,,,',
    '0.500000,0.0200,0.0000,0.0200',
    '0.750000,,,0.0300',
    '',
  ].join('\n'));
});

test('a browser that sees another picture than the engine offers no marks', { timeout: PATIENCE_MS }, async () => {
  const narrow = png(300, 600, () => [250, 245, 240]);
  await opened.outcomeOf(() => page.setInputFiles('#file', { name: 'lost.png', mimeType: 'image/png', buffer: narrow }));
  await page.getByText('can’t show this picture').waitFor();
});

test('the page complained about nothing and asked for nothing', async () => {
  assert.deepEqual(opened.problems, []);
  assert.equal(await page.textContent('#request-count'), '0');
});
