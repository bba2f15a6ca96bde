// The page can be used before the networks' weights are there: they come one after the other, a reading waits only for those
// that its kind of file needs, says so, and can be stopped meanwhile.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { openPage, PATIENCE_MS, readSample, readSamples } from './page.mjs';

const RESULTS = fileURLToPath(new URL('../../test-results', import.meta.url));

let opened;
let page;
let samples;
/** Requests for weights that wait to be answered, and names of models that needn't wait any more. */
const held = [];
const free = new Set();

before(async () => {
  await mkdir(RESULTS, { recursive: true });
  const prepare = (opening) => opening.route('**/models/*.bpk', (route) => (isFree(route) ? route.continue() : held.push(route)));
  opened = await openPage({ query: '?device=cpu', viewport: { width: 360, height: 740 }, prepare, states: ['usable'] });
  ({ page } = opened);
  samples = await readSamples();
  await page.locator('.sample').first().waitFor();
});

after(() => opened.close());

const isFree = (route) => [...free].some((name) => route.request().url().includes(name));
const asked = () => opened.requests.filter((url) => url.endsWith('.bpk')).map((url) => url.split('/').pop().split('.')[0]);
const choose = (kind) => page.click(`[data-file="${samples.find((sample) => sample.kind === kind).file}"]`);
const waits = () => page.locator('#work-stages .now', { hasText: 'Loading the networks' }).waitFor();
async function release(name) {
  free.add(name);
  for (const route of held.splice(0)) await (isFree(route) ? route.continue() : held.push(route));
}

test('the page is ready to be used, and asks for weights one after the other', async () => {
  assert.match(await page.textContent('#engine-words'), /^Ready/);
  assert.deepEqual(asked(), ['tracing-student']);
});

test('a reading waits, says so, and can be stopped', { timeout: PATIENCE_MS }, async () => {
  await choose('strip');
  await waits();
  assert.deepEqual(asked(), ['tracing-student', 'lead-student'], 'what it needs is asked for at once');
  assert.ok(await page.isVisible('#work-progress'));
  await page.screenshot({ path: `${RESULTS}/weights-360.png` });
  assert.equal((await opened.outcomeOf(() => page.click('#cancel'))).code, 'ABORTED');
});

test('it begins as soon as what it needs is there, and not before', { timeout: PATIENCE_MS }, async () => {
  await page.click('#again');
  await waits();
  await release('tracing-student');
  await page.waitForFunction(() => document.getElementById('versions').textContent.includes('tracing-student'));
  assert.ok(await page.isVisible('#work-stages .now'), 'one of two is not enough');
  const outcome = await opened.outcomeOf(() => release('lead-student'));
  assert.equal(outcome.status, 'ok');
  assert.equal(outcome.provenance.model, 'lead-student');
});

test('what is stopped while weights wait is not lost, and a stopped worker’s successor has them', { timeout: PATIENCE_MS }, async () => {
  await choose('printout');
  await waits();
  // Reading a strip stops the picture, which was waiting, and needs nothing that isn't there.
  assert.equal((await opened.outcomeOf(() => choose('strip'))).status, 'ok');
  await page.evaluate(() => new MutationObserver((_, observer) => {
    const stage = document.querySelector('#work-stages .now')?.textContent;
    if (stage !== 'Cleaning the signal' && stage !== 'Looking at the tracing') return;
    observer.disconnect();
    document.getElementById('cancel').click();
  }).observe(document.getElementById('work-stages'), { childList: true }));
  assert.equal((await opened.outcomeOf(() => choose('strip'))).code, 'ABORTED');
  const outcome = await opened.outcomeOf(async () => {
    await choose('printout');
    await release('image-student');
  });
  assert.equal(outcome.status, 'ok');
  assert.equal((await opened.outcomeOf(() => choose('strip'))).status, 'ok');
});

test('in the end everything was asked for once, and the page is complete', { timeout: PATIENCE_MS }, async () => {
  await page.waitForFunction(() => document.documentElement.dataset.state === 'ready');
  assert.deepEqual(asked().sort(), ['image-student', 'lead-student', 'tracing-student']);
  assert.equal(await page.textContent('#request-count'), '0');
  assert.equal(await page.locator('#model-facts h3').count(), 3);
  assert.deepEqual(opened.problems, []);
});
