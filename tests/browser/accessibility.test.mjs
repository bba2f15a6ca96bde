// WCAG 2.2 AA, as far as a machine can tell: axe on every view, the keyboard alone, what a screen reader is told,
// sizes to tap, no motion where none is wanted, small and very large screens, plain and clinical view.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { noisePng } from './broken-files.mjs';
import { openPage, PATIENCE_MS, readSamples } from './page.mjs';
import { letterPage, pdf } from './pdf-files.mjs';

const RESULTS = fileURLToPath(new URL('../../test-results', import.meta.url));
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SMALLEST_TARGET_PX = 24;

let opened;
let page;
let samples;
let axe;

before(async () => {
  await mkdir(RESULTS, { recursive: true });
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  opened = await openPage({ query: '?device=cpu', viewport: { width: 360, height: 780 }, context: { reducedMotion: 'reduce' } });
  ({ page } = opened);
  samples = await readSamples();
});

after(() => opened.close());

const read = (part) => opened.outcomeOf(() => page.click(`[data-file="${samples.find(({ file }) => file.includes(part)).file}"]`));
const choose = (name, buffer) => opened.outcomeOf(() => page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer }));
const speak = async (tag) => {
  await page.selectOption('#language', tag);
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, tag);
};
const unfold = () => page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));

/** No rule is broken, by day and by night, and everything that can be tapped is large enough. */
async function assertAccessible(view) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
    const { violations } = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules, resultTypes: ['violations'] }), RULES);
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ target, failureSummary }) => `${target} (${failureSummary})`).join(' | ')}`);
    assert.deepEqual(told, [], `${view}, ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const small = await page.evaluate((least) => [...document.querySelectorAll('a, button, input, select, summary')]
    .filter((node) => node.checkVisibility() && !node.closest('p a'))
    .map((node) => ({ node, box: (node.labels?.[0] ?? node).getBoundingClientRect(), own: node.getBoundingClientRect() }))
    .filter(({ box, own }) => Math.max(box.height, own.height) < least || Math.max(box.width, own.width) < least)
    .filter(({ own }) => own.width > 1)
    .map(({ node, own }) => `${node.outerHTML.slice(0, 80)} ${own.width}×${own.height}`), SMALLEST_TARGET_PX);
  assert.deepEqual(small, [], view);
}

test('the page as it opens', { timeout: PATIENCE_MS }, async () => {
  await unfold();
  await assertAccessible('start');
});

test('a printout’s result with everything unfolded, plain and clinical, in English and Arabic', { timeout: 2 * PATIENCE_MS }, async () => {
  await read('printout-lbbb');
  await unfold();
  await page.locator('.corner-mark').first().waitFor();
  await assertAccessible('printout');
  await page.click('#view-clinical');
  await unfold();
  await assertAccessible('printout, clinical');
  await speak('ar');
  await unfold();
  await assertAccessible('printout, Arabic');
  await speak('en');
  await page.click('#view-plain');
});

test('a strip’s result with its warning', { timeout: PATIENCE_MS }, async () => {
  await read('strip-afib');
  await unfold();
  await assertAccessible('strip');
});

test('a refusal, an error, and what was stopped', { timeout: 2 * PATIENCE_MS }, async () => {
  await choose('noise.png', noisePng());
  await assertAccessible('refusal');
  await choose('bare.csv', Buffer.from('0.1\n0.2\n'.repeat(900)));
  await assertAccessible('error');
});

test('the pages of a PDF to choose from', { timeout: PATIENCE_MS }, async () => {
  const buffer = pdf([letterPage('Letter'), letterPage('Bill'), letterPage('Map')]);
  await page.setInputFiles('#file', { name: 'report.pdf', mimeType: 'application/pdf', buffer });
  await page.locator('.page-picture canvas').nth(2).waitFor();
  await assertAccessible('pages');
  await speak('ar');
  await assertAccessible('pages, Arabic');
  await page.screenshot({ path: `${RESULTS}/pdf-pages-arabic-360.png` });
  await speak('en');
  await opened.outcomeOf(() => page.click('#pages-cancel'));
});

test('earlier readings and two of them compared', { timeout: 2 * PATIENCE_MS }, async () => {
  await page.check('#keep-readings');
  await read('strip-afib');
  await read('strip-normal');
  await page.waitForFunction(() => document.querySelectorAll('.history-list li').length === 2);
  await assertAccessible('history');
  for (const box of await page.locator('.history-list input').all()) await box.check();
  await page.click('#compare');
  await page.locator('.comparison').waitFor();
  await assertAccessible('comparison');
  await page.click('#erase-all');
  await page.getByText('All readings were erased').waitFor();
});

test('the keyboard alone: from the top to a result, on to its details, and back', { timeout: PATIENCE_MS }, async () => {
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.state === 'ready');
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.dataset.file || document.activeElement.className || document.activeElement.tagName);
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'skip', 'the first stop skips what stands above');
  const seen = [];
  while (!seen.includes(samples[3].file)) {
    await page.keyboard.press('Tab');
    seen.push(await focused());
    const visible = await page.evaluate(() => {
      const node = document.activeElement;
      const style = getComputedStyle(node.id === 'file' ? node.nextElementSibling : node);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    });
    assert.ok(visible, `the focus on ${seen.at(-1)} can be seen`);
    assert.ok(seen.length < 60, `no way to the samples: ${seen}`);
  }
  for (const stop of ['language', 'file']) assert.ok(seen.includes(stop), `${stop} among ${seen}`);
  await opened.outcomeOf(() => page.keyboard.press('Enter'));
  assert.equal(await focused(), 'result-title');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'view-clinical');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.querySelector('.technical').open), true);
  assert.ok(await page.locator('.finding .code').first().isVisible(), 'codes are shown to clinicians');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Space');
  assert.ok(await page.locator('.finding .code').first().isHidden(), 'and not in plain words');
});

test('a bookmark can open the clinical view', { timeout: PATIENCE_MS }, async () => {
  const address = page.url();
  await page.goto(`${address}&view=clinical`);
  await page.waitForFunction(() => document.documentElement.dataset.state === 'ready');
  await read('strip-afib');
  assert.ok(await page.locator('.finding .code').first().isVisible());
  assert.equal(await page.evaluate(() => document.querySelector('.technical').open), true);
  await page.goto(address);
  await page.waitForFunction(() => document.documentElement.dataset.state === 'ready');
});

test('a screen reader hears each stage and the result', { timeout: PATIENCE_MS }, async () => {
  await page.evaluate(() => {
    globalThis.told = [];
    new MutationObserver(() => globalThis.told.push(document.getElementById('announcer').textContent))
      .observe(document.getElementById('announcer'), { childList: true });
  });
  await read('strip-afib');
  const told = await page.evaluate(() => globalThis.told);
  for (const sentence of ['Opening the recording', 'Cleaning the signal', 'Looking at the tracing', 'Atrial fibrillation']) {
    assert.ok(told.some((text) => text.includes(sentence)), `${sentence} among ${told}`);
  }
});

test('Escape stops a reading at once, and where no motion is wanted nothing moves', { timeout: PATIENCE_MS }, async () => {
  const file = samples.find(({ kind }) => kind === 'printout').file;
  const stopped = await opened.outcomeOf(() => page.evaluate((name) => {
    document.querySelector(`[data-file="${name}"]`).click();
    const card = document.getElementById('work');
    new MutationObserver((_, observer) => {
      if (card.hidden) return;
      observer.disconnect();
      globalThis.moving = document.getAnimations().length;
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
      // The result stands in the page before the key's event is over: nothing is waited for.
      globalThis.stoppedAtOnce = card.hidden && document.querySelector('.problem') !== null;
    }).observe(card, { attributes: true });
  }, file));
  assert.equal(stopped.code, 'ABORTED');
  assert.equal(await page.evaluate(() => globalThis.moving), 0);
  assert.equal(await page.evaluate(() => globalThis.stoppedAtOnce), true);
});

test('from 320 px to 4K everything fits, and grows on very large screens', { timeout: PATIENCE_MS }, async () => {
  await read('strip-afib');
  const sizes = [];
  for (const [width, height] of [[320, 640], [768, 1024], [1920, 1080], [3840, 2160]]) {
    await page.setViewportSize({ width, height });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${width} px`);
    sizes.push(await page.evaluate(() => parseFloat(getComputedStyle(document.body).fontSize)));
    await page.screenshot({ path: `${RESULTS}/size-${width}.png` });
  }
  assert.ok(sizes.at(-1) > 1.5 * sizes[0], `letters of ${sizes} px`);
});

test('the page complained about nothing', () => {
  assert.deepEqual(opened.problems, []);
});
