// What a person says about a printout, and what the engine itself makes of it: marks on the page give another reading
// where they are moved, and a gain that is half as tall doubles the voltages.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { openPage, PATIENCE_MS, readSample, readSamples } from './page.mjs';

/** Marks start so far from the photo's edges, in steps of an arrow key. */
const STEPS_TO_EDGE = 8;
/** The right edge's marks are then moved inwards by so many steps, each a hundredth of the photo. */
const STEPS_INWARDS = 10;
/** As the gallery is drawn. */
const SAMPLE_PIXELS_PER_MM = 5;
/** Of the voltages: limb leads are adjusted to one another, and from how much they disagree depends on mV. */
const LARGEST_DEVIATION = 0.03;

let opened;
let page;
/** What is read of the sample without any help. */
let unaided;

before(async () => {
  opened = await openPage({ query: '?device=cpu' });
  ({ page } = opened);
  const { file } = (await readSamples()).find(({ kind }) => kind === 'printout');
  const buffer = await readSample(file);
  unaided = await opened.outcomeOf(() => page.setInputFiles('#file', { name: file, mimeType: 'image/jpeg', buffer }));
});

after(() => opened.close());

const rootMeanSquare = (values) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
const heartRate = ({ measurements }) => measurements.heart_rate_bpm.value;

/** Moves a mark by so many steps to the right and down. */
async function moveMark(corner, right, down) {
  await page.focus(`[data-corner="${corner}"]`);
  for (const [steps, keys] of [[right, ['ArrowLeft', 'ArrowRight']], [down, ['ArrowUp', 'ArrowDown']]]) {
    for (let step = 0; step < Math.abs(steps); step += 1) await page.keyboard.press(keys[steps > 0 ? 1 : 0]);
  }
}

const readMarks = () => opened.outcomeOf(() => page.click('.corner-form .primary'));

/** Leads' names and their millivolts, blank where nothing was printed, as they are saved. */
async function savedSignals() {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save signals (CSV)' }).click()]);
  const [head, ...rows] = (await readFile(await download.path(), 'utf8')).trim().split('\n').map((line) => line.split(','));
  return new Map(head.slice(1).map((name, index) => [name, rows.map((row) => (row[index + 1] === '' ? NaN : Number(row[index + 1])))]));
}

/** Moves all marks outwards by so many steps each. */
async function moveMarks(stepsOutwards) {
  await page.click('#corners summary');
  await page.locator('.corner-mark').first().waitFor();
  for (const [corner, [right, down]] of stepsOutwards.entries()) await moveMark(corner, right, down);
}

test('a page marked at its corners is read as it is without marks', { timeout: PATIENCE_MS }, async () => {
  assert.equal(unaided.status, 'ok');
  // The sample is the paper from edge to edge, and the form assumes A4.
  await moveMarks([[-1, -1], [1, -1], [1, 1], [-1, 1]].map((sides) => sides.map((side) => side * STEPS_TO_EDGE)));
  const marked = await readMarks();
  assert.equal(marked.status, 'ok', JSON.stringify(marked.issues));
  assert.equal(marked.layout.name, unaided.layout.name);
  assert.ok(Math.abs(marked.quality.pixels_per_mm - SAMPLE_PIXELS_PER_MM) < 0.01, `${marked.quality.pixels_per_mm} pixels per mm`);
  assert.ok(Math.abs(heartRate(marked) / heartRate(unaided) - 1) < 0.01, `${heartRate(marked)} and ${heartRate(unaided)} a minute`);
});

test('moved marks give another reading', { timeout: PATIENCE_MS }, async () => {
  // Nine tenths of the paper are now said to be as wide as all of it: beats are further apart, and fewer a minute.
  await moveMarks([[0, 0], [-STEPS_INWARDS, 0], [-STEPS_INWARDS, 0], [0, 0]]);
  const moved = await readMarks();
  assert.equal(moved.status, 'ok', JSON.stringify(moved.issues));
  const slower = heartRate(moved) / heartRate(unaided);
  assert.ok(Math.abs(slower - (1 - STEPS_INWARDS / 100)) < 0.01, `${slower} times the rate`);
});

test('with half the gain the same curves are twice the voltage, and the findings are others', { timeout: PATIENCE_MS }, async () => {
  await page.click('#corners summary');
  const again = await opened.outcomeOf(() => page.getByRole('button', { name: 'Find the page without them' }).click());
  assert.deepEqual(again.scores, unaided.scores, 'without the marks everything is as before');
  const asRead = await savedSignals();
  const halved = await opened.outcomeOf(() => page.getByRole('button', { name: '5 mm/mV' }).click());
  assert.equal(halved.layout.gain_mm_mv, 5);
  const asSaid = await savedSignals();

  assert.deepEqual([...asSaid.keys()], [...asRead.keys()]);
  assert.ok(asRead.size >= 12, `leads ${[...asRead.keys()]}`);
  for (const [lead, before] of asRead) {
    const doubled = asSaid.get(lead);
    assert.equal(doubled.length, before.length, lead);
    assert.ok(before.some((mv) => Math.abs(mv) > 0.1), `${lead} has a curve`);
    const [twice, said] = [[], []];
    for (const [index, mv] of before.entries()) {
      assert.equal(Number.isNaN(doubled[index]), Number.isNaN(mv), `${lead} is drawn at sample ${index} in one reading only`);
      if (Number.isNaN(mv)) continue;
      twice.push(2 * mv);
      said.push(doubled[index]);
    }
    const apart = rootMeanSquare(said.map((mv, index) => mv - twice[index])) / rootMeanSquare(twice);
    assert.ok(apart < LARGEST_DEVIATION, `${lead} deviates from twice the voltage by ${apart} of it`);
  }
  const changed = Object.keys(unaided.scores).some((key) => Math.abs(halved.scores[key] - unaided.scores[key]) > 0.01);
  assert.ok(changed, 'the network sees taller waves');
});

test('the page complained about nothing and asked for nothing', async () => {
  assert.deepEqual(opened.problems, []);
  assert.equal(await page.textContent('#request-count'), '0');
});
