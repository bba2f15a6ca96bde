// The page in other languages: chosen by the browser, by address or by hand, also while a result is shown; mirrored in
// Arabic; nothing left in English; fitting small screens.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { noisePng } from './broken-files.mjs';
import { openPage, PATIENCE_MS, readSamples } from './page.mjs';

const RESULTS = fileURLToPath(new URL('../../test-results', import.meta.url));
const VIEWPORTS = [[320, 640], [360, 780], [1280, 800]];
/** Words that are English and nothing else; names, codes and units are the same in every language. */
const ENGLISH = /\b(the|and|with|from|this|that|your|you|of|heart|rate|reading|read|lead(?!-student)|leads|result|probability|likely|possible|choose|file|at|row|rows|strip|fair|good|poor|processor|print|save|not|is|are)\b/i;

let opened;
let page;
let printout;
let strip;

before(async () => {
  await mkdir(RESULTS, { recursive: true });
  opened = await openPage({ query: '?device=cpu', context: { locale: 'de-AT' } });
  ({ page } = opened);
  const samples = await readSamples();
  printout = samples.find(({ kind }) => kind === 'printout');
  strip = samples.find(({ file }) => file.includes('afib'));
});

after(() => opened.close());

const speak = async (tag) => {
  await page.selectOption('#language', tag);
  await page.waitForFunction((wanted) => document.documentElement.lang === wanted, tag);
};
const read = ({ file }) => opened.outcomeOf(() => page.click(`[data-file="${file}"]`));

/** All that a person can see or hear, without what is marked as English, the program's codes and the person's own file names. */
const spoken = () => page.evaluate(() => {
  const copy = document.body.cloneNode(true);
  copy.querySelectorAll('[lang="en"], #language, #versions, .code, .file-name, table, noscript, [hidden]').forEach((node) => node.remove());
  const labels = [...copy.querySelectorAll('[aria-label]')].map((node) => node.getAttribute('aria-label'));
  // Words of neighbouring elements must not run together.
  copy.querySelectorAll('*').forEach((node) => node.append(' '));
  return `${document.title} ${copy.textContent} ${labels.join(' ')}`;
});

async function assertNoEnglish(place) {
  const text = await spoken();
  const found = ENGLISH.exec(text);
  assert.ok(found === null, `${place}: …${text.slice(Math.max(0, found?.index - 60), found?.index + 60)}…`);
}

async function assertFits(name) {
  for (const [width, height] of VIEWPORTS) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: `${RESULTS}/${name}-${width}.png`, fullPage: true });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, `${name} fits ${width} px`);
  }
}

test('the browser’s language is spoken, and nothing is stored', async () => {
  assert.equal(await page.getAttribute('html', 'lang'), 'de');
  assert.equal(await page.inputValue('#language'), 'de');
  assert.match(await page.textContent('h1'), /zweiter Blick/);
  assert.match(await page.textContent('#engine-words'), /Bereit/);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
});

test('a printout is read', { timeout: PATIENCE_MS }, async () => {
  assert.equal((await read(printout)).status, 'ok');
});

for (const tag of ['de', 'es', 'fr', 'zh-Hans', 'ar']) {
  test(`its result in ${tag}`, { timeout: PATIENCE_MS }, async () => {
    await speak(tag);
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
    await page.locator('.corner-mark').first().waitFor();
    await assertNoEnglish(`result in ${tag}`);
    await assertFits(`printout-${tag}`);
  });
}

test('a strip’s result changes its language where it stands, with what was typed', { timeout: PATIENCE_MS }, async () => {
  await speak('en');
  assert.equal((await read(strip)).status, 'ok');
  assert.match(await page.textContent('.emergency'), /emergency number/);
  await page.click('.strip-options summary');
  await page.fill('#strip-rate', '250');
  for (const [tag, word] of [['de', /Vorhofflimmern/], ['ar', /رجفان/], ['zh-Hans', /心房颤动/]]) {
    await speak(tag);
    assert.match((await page.locator('.findings').allTextContents()).join(' '), word);
    assert.equal(await page.inputValue('#strip-rate'), '250');
    assert.ok(await page.locator('.strip-form').isVisible());
    await assertNoEnglish(`strip in ${tag}`);
  }
  await speak('ar');
  await assertFits('strip-ar');
});

test('what the reader says of itself changes too', async () => {
  for (const [tag, words] of [['fr', /^Prêt/], ['en', /^Ready/], ['ar', /^جاهز/]]) {
    await speak(tag);
    assert.match(await page.textContent('#engine-words'), words);
  }
});

test('Arabic runs from right to left; ECGs and figures don’t', async () => {
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.equal(await page.getAttribute('html', 'dir'), 'rtl');
  const [heading, brand, chooser] = await Promise.all(['h1', '.brand', '.chooser'].map((selector) => page.locator(selector).boundingBox()));
  assert.ok(brand.x > chooser.x, 'the masthead is mirrored');
  assert.ok(heading.x + heading.width > 1100, 'text begins on the right');
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('.tracing')).direction), 'ltr');
  // “25 mm/s” in a right-to-left sentence: 25 must stand on the left of its unit.
  const order = await page.evaluate(() => {
    const hint = [...document.querySelectorAll('.hint')].find((node) => node.textContent.includes('mm/s'));
    const text = hint.firstChild;
    const at = text.data.indexOf('25');
    const box = (start, end) => {
      const range = document.createRange();
      range.setStart(text, start);
      range.setEnd(text, end);
      return range.getBoundingClientRect().x;
    };
    return [box(at, at + 2), box(text.data.indexOf('mm/s'), text.data.indexOf('mm/s') + 4)];
  });
  assert.ok(order[0] < order[1], `25 at ${order[0]}, mm/s at ${order[1]}`);
});

test('refusals and errors are translated, with the code for those who need it', { timeout: PATIENCE_MS }, async () => {
  await speak('ar');
  const choose = (name, buffer) => opened.outcomeOf(() => page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer }));
  assert.equal((await choose('noise.png', noisePng())).status, 'rejected');
  await assertNoEnglish('refusal in Arabic');
  assert.equal((await choose('bare.csv', Buffer.from('0.1\n0.2\n'.repeat(900)))).code, 'DECODE');
  assert.match(await page.textContent('.problem'), /معدل أخذ العينات/);
  await assertNoEnglish('error in Arabic');
  // A sentence that the catalogue lacks stays English, marked as English, below a heading that everyone can read.
  const header = Buffer.from('rec 1 100 1000\nrec.dat 16x2 200 12 0 0 0 0 I\n');
  assert.equal((await choose('rec.hea', header)).status, 'error');
  await assertNoEnglish('an error without translation');
  await speak('de');
  assert.doesNotMatch(await page.textContent('.problem h3'), /[\u0600-\u06ff]/);
});

test('a choice is remembered, as nothing but the language, and ?lang= comes first', { timeout: PATIENCE_MS }, async () => {
  await speak('fr');
  assert.deepEqual(await page.evaluate(() => ({ ...localStorage })), { 'inkbeat-language': 'fr' });
  const again = await opened.context.newPage();
  await again.goto(`${opened.origin}?device=cpu`);
  await again.waitForFunction(() => document.documentElement.lang === 'fr');
  await again.goto(`${opened.origin}?device=cpu&lang=zh-CN`);
  await again.waitForFunction(() => document.documentElement.lang === 'zh-Hans');
  await again.selectOption('#language', 'es');
  await again.waitForFunction(() => new URLSearchParams(location.search).get('lang') === 'es');
  await again.close();
});

test('the page complained about nothing', () => {
  assert.deepEqual(opened.problems, []);
});
