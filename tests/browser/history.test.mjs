// Readings on this device: none unless wanted; kept, opened, compared and erased.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { openPage, PATIENCE_MS, readSamples } from './page.mjs';

const RESULTS = fileURLToPath(new URL('../../test-results', import.meta.url));

let opened;
let page;
let samples;

before(async () => {
  await mkdir(RESULTS, { recursive: true });
  opened = await openPage({ query: '?device=cpu' });
  ({ page } = opened);
  samples = await readSamples();
});

after(() => opened.close());

const read = (part) => opened.outcomeOf(() => page.click(`[data-file="${samples.find(({ file }) => file.includes(part)).file}"]`));
const entries = () => page.locator('.history-list li');
const waitForEntries = (count) => page.waitForFunction((wanted) => document.querySelectorAll('.history-list li').length === wanted, count);
/** Everything that a browser can keep for a page. */
const storage = () => page.evaluate(async () => ({
  words: { ...localStorage, ...sessionStorage },
  databases: (await indexedDB.databases()).map(({ name }) => name),
  caches: await caches.keys(),
  cookies: document.cookie,
}));
const NOTHING = { words: {}, databases: [], caches: [], cookies: '' };

test('by default nothing is kept, whatever is read', { timeout: PATIENCE_MS }, async () => {
  assert.deepEqual(await storage(), NOTHING);
  await read('strip-normal');
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.state === 'ready');
  assert.deepEqual(await storage(), NOTHING);
  assert.equal(await entries().count(), 0);
});

test('once wanted, what is shown and what is read later is kept, also after closing the page', { timeout: 2 * PATIENCE_MS }, async () => {
  await read('strip-afib');
  await page.check('#keep-readings');
  await waitForEntries(1);
  await read('printout-normal');
  await waitForEntries(2);
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.state === 'ready');
  assert.equal(await entries().count(), 2);
  assert.match(await entries().nth(0).textContent(), /printout-normal\.jpg/, 'the newest comes first');
  assert.match(await entries().nth(1).textContent(), /strip-afib\.csv.*Atrial fibrillation/);
});

test('a kept reading opens as it was', { timeout: PATIENCE_MS }, async () => {
  await entries().nth(1).getByRole('button').click();
  await page.locator('#result .paper').first().waitFor();
  assert.match(await page.textContent('.emergency'), /call your emergency number now/);
  assert.match((await page.locator('.findings').allTextContents()).join(' '), /Atrial fibrillation/);
  await entries().nth(0).getByRole('button').click();
  await page.locator('#result .tracing-overlay').waitFor();
  assert.match(await page.textContent('.result-columns'), /25 mm\/s and 10 mm\/mV/);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'result-title');
  assert.equal(await page.locator('.page-layout').count(), 0, 'without its file it can’t be read in another way');
  assert.ok(await page.isVisible('#print'));
  const program = (await page.textContent('#versions')).split(' · ')[0];
  assert.ok((await page.textContent('.report-facts')).includes(program), 'the report names the program that read');
  assert.equal(await entries().count(), 2, 'opening keeps nothing anew');
});

test('two are compared side by side, on a phone one below the other, in the page’s language', { timeout: PATIENCE_MS }, async () => {
  assert.ok(await page.isDisabled('#compare'));
  for (const box of await page.locator('.history-list input').all()) await box.check();
  await page.click('#compare');
  const columns = page.locator('.comparison > section');
  await columns.nth(1).waitFor();
  // Both at one moment: the page scrolls to them meanwhile.
  const [older, newer] = await page.evaluate(() => [...document.querySelectorAll('.comparison > section')].map((part) => part.getBoundingClientRect().toJSON()));
  assert.ok(older.x + older.width <= newer.x && Math.abs(older.y - newer.y) < 2, 'side by side');
  assert.match(await columns.nth(0).textContent(), /strip-afib\.csv/);
  assert.match(await columns.nth(0).textContent(), /Only in this reading/);
  await page.screenshot({ path: `${RESULTS}/compare-1280.png`, fullPage: true });
  for (const [tag, width] of [['de', 360], ['ar', 320]]) {
    await page.selectOption('#language', tag);
    await page.waitForFunction((wanted) => document.documentElement.lang === wanted, tag);
    await page.setViewportSize({ width, height: 780 });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
    await page.screenshot({ path: `${RESULTS}/compare-${tag}-${width}.png`, fullPage: true });
  }
  await page.selectOption('#language', 'en');
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('one tap erases everything, and nothing is kept afterwards', { timeout: PATIENCE_MS }, async () => {
  await page.click('#erase-all');
  await page.getByText('All readings were erased').waitFor();
  await page.evaluate(() => localStorage.removeItem('inkbeat-language')); // Chosen above.
  assert.deepEqual(await storage(), NOTHING);
  assert.equal(await page.isChecked('#keep-readings'), false);
  await read('strip-normal');
  assert.deepEqual(await storage(), NOTHING);
});

test('a browser that refuses to keep anything says so, and reads on', { timeout: PATIENCE_MS }, async () => {
  await page.evaluate(() => (IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); }));
  await page.check('#keep-readings');
  await page.getByText('could not keep the reading').waitFor();
  assert.equal((await read('strip-normal')).status, 'ok');
});

test('the page complained about nothing', () => {
  assert.deepEqual(opened.problems, []);
});
