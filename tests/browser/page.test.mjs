// The page itself: small screens, keyboard, the ways a file comes in, stopping, and recovering from a crash.

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { openPage, PATIENCE_MS, readSample, readSamples } from './page.mjs';

const RESULTS = fileURLToPath(new URL('../../test-results', import.meta.url));

let opened;
let page;
let strip;

before(async () => {
  opened = await openPage({ query: '?device=cpu', viewport: { width: 360, height: 740 } });
  ({ page } = opened);
  strip = (await readSamples()).find(({ kind }) => kind === 'strip');
  await mkdir(RESULTS, { recursive: true });
});

after(() => opened.close());

test('a 360 px phone shows everything without scrolling sideways', { timeout: PATIENCE_MS }, async () => {
  await page.screenshot({ path: `${RESULTS}/page-360.png`, fullPage: true });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  for (const { file, kind } of await readSamples()) {
    await opened.outcomeOf(() => page.click(`[data-file="${file}"]`));
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, `after ${file}`);
    await page.screenshot({ path: `${RESULTS}/result-${kind}-360.png`, fullPage: true });
  }
});

test('one file input is visible, labelled, and buttons are large enough for thumbs', async () => {
  const visible = await page.locator('input[type=file]').filter({ visible: true }).all();
  assert.equal(visible.length, 1);
  assert.ok(await page.getByLabel(/picture of a printout/i).isVisible());
  for (const button of await page.locator('button, .button').filter({ visible: true }).all()) {
    const { height } = await button.boundingBox();
    assert.ok(height >= 44, `${await button.textContent()} is ${height} px high`);
  }
});

test('the result takes the focus and has a heading', { timeout: PATIENCE_MS }, async () => {
  await page.focus(`[data-file="${strip.file}"]`);
  await opened.outcomeOf(() => page.keyboard.press('Enter'));
  assert.equal(await page.evaluate(() => document.activeElement.id), 'result-title');
});

test('what findings mean is said once for all that mean the same, and not to clinicians', { timeout: PATIENCE_MS }, async () => {
  await opened.outcomeOf(() => page.click('[data-file="printout-lbbb.jpg"]'));
  const meanings = page.locator('.finding-meaning');
  const said = await meanings.allTextContents();
  assert.ok(said.some((text) => /don’t start quite together/.test(text)), JSON.stringify(said));
  const alike = await page.evaluate(async () => {
    const { findingsNodes } = await import(new URL('result.js', document.baseURI).href);
    const findings = ['MI', 'IMI', 'ILMI'].map((code) => ({ code, name: code, probability: 0.9, band: 'likely', group: 'statement' }));
    return findingsNodes({ findings }).map((node) => node.textContent).join(' ').match(/lack of blood/g).length;
  });
  assert.equal(alike, 1);
  assert.ok(await meanings.first().isVisible());
  await page.locator('#result').screenshot({ path: `${RESULTS}/meanings-360.png` });
  await page.click('#view-clinical');
  assert.equal(await meanings.first().isVisible(), false);
  await page.click('#view-plain');
});

test('the signals of a page are saved as a WFDB record: the same voltages as in the table', { timeout: PATIENCE_MS }, async () => {
  await opened.outcomeOf(() => page.click('[data-file="printout-normal.jpg"]'));
  const [table] = await saved('CSV', 1);
  const [names, ...rows] = table.content.toString().trim().split('\n').map((line) => line.split(','));
  const files = Object.fromEntries((await saved('WFDB', 2)).map(({ name, content }) => [name, content]));
  assert.deepEqual(Object.keys(files).sort(), ['inkbeat-signals.dat', 'inkbeat-signals.hea']);
  const [record, ...signals] = files['inkbeat-signals.hea'].toString().trim().split('\n').map((line) => line.split(' '));
  const samples = Number(record[3]);
  assert.deepEqual([record[0], record[1], signals.length], ['inkbeat-signals', '12', 12]);
  assert.ok(Math.abs(samples - rows.length) < 20, `${samples} samples, ${rows.length} rows`);
  const steps = files['inkbeat-signals.dat'];
  assert.equal(steps.length, 2 * signals.length * samples);
  for (const [place, [file, format, gain, , , , , , lead]] of signals.entries()) {
    assert.deepEqual([file, format, gain], ['inkbeat-signals.dat', '16', '1000(0)/mV']);
    const written = Array.from({ length: samples }, (_, k) => steps.readInt16LE(2 * (k * signals.length + place))).filter((step) => step > -32768);
    const column = names.indexOf(lead);
    const tallest = Math.max(...rows.map((row) => (row[column] === '' ? -Infinity : Number(row[column]))));
    assert.ok(Math.abs(Math.max(...written) / 1000 - tallest) < 0.1, `${lead}: ${tallest} mV`);
  }
});

test('the straightened picture can be made larger and smaller', { timeout: PATIENCE_MS }, async () => {
  await opened.outcomeOf(() => page.click('[data-file="printout-normal.jpg"]'));
  const width = async () => (await page.locator('.tracing canvas').boundingBox()).width;
  const first = await width();
  await page.getByRole('button', { name: 'Larger' }).click();
  assert.ok(Math.abs((await width()) / first - 1.5) < 0.02);
  const overlay = await page.locator('.tracing-overlay').boundingBox();
  assert.ok(Math.abs(overlay.width - (await width())) < 1, 'the curves stay on the paper');
  for (let press = 0; press < 3; press += 1) await page.getByRole('button', { name: 'Smaller' }).click();
  assert.ok((await width()) < 360, 'a phone shows the whole page');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  await page.locator('#result').screenshot({ path: `${RESULTS}/whole-page-360.png` });
});

test('a file can be dropped', { timeout: PATIENCE_MS }, async () => {
  const outcome = await opened.outcomeOf(() => give('drop', 'dataTransfer', 'dropped.csv'));
  assert.equal(outcome.status, 'ok');
});

test('text can be pasted', { timeout: PATIENCE_MS }, async () => {
  const text = (await readSample(strip.file)).toString('utf8');
  const outcome = await opened.outcomeOf(() => page.evaluate((pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text));
  assert.equal(outcome.status, 'ok');
});

test('a strip without a rate asks for it and is read again with it', { timeout: PATIENCE_MS }, async () => {
  const text = (await readSample(strip.file)).toString('utf8');
  const samples = text.split('\n').filter((line) => /^-?[\d.]/.test(line)).map((line) => line.split(',').at(-1));
  const file = { name: 'bare.csv', mimeType: 'text/csv', buffer: Buffer.from(`${samples.join('\n')}\n`) };
  const refused = await opened.outcomeOf(() => page.setInputFiles('#file', file));
  assert.equal(refused.code, 'DECODE');
  assert.match(refused.message + refused.hint, /rate/i);
  await page.fill('#strip-rate', '100');
  await page.selectOption('#strip-unit', 'mV');
  await page.selectOption('#strip-lead', 'II');
  const outcome = await opened.outcomeOf(() => page.click('.strip-form button'));
  assert.equal(outcome.status, 'ok');
  assert.equal(outcome.lead, 'II');
});

test('a reading can be stopped, keeps the file and needs no request to go on', { timeout: PATIENCE_MS }, async () => {
  const before = opened.requests.length;
  const stopped = await opened.outcomeOf(() => page.evaluate((file) => {
    document.querySelector(`[data-file="${file}"]`).click();
    const card = document.getElementById('work');
    new MutationObserver((_, observer) => {
      if (card.hidden) return;
      observer.disconnect();
      document.getElementById('cancel').click();
    }).observe(card, { attributes: true });
  }, strip.file));
  assert.equal(stopped.code, 'ABORTED');
  const outcome = await opened.outcomeOf(() => page.click('#again'));
  assert.equal(outcome.status, 'ok');
  assert.deepEqual(opened.requests.slice(before), []);
});

test('a HEIC photo is read where the browser can open it, as Safari does', { timeout: PATIENCE_MS }, async () => {
  const photo = (await readSamples()).find(({ kind }) => kind === 'printout');
  const jpeg = (await readSample(photo.file)).toString('base64');
  // Stands in for Safari: what starts as HEIC is opened, and shows the sample.
  await page.evaluate((base64) => {
    const shown = new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))]);
    const original = globalThis.createImageBitmap;
    globalThis.createImageBitmap = async (source, ...rest) => {
      const heic = source instanceof Blob && (await source.slice(4, 12).text()) === 'ftypheic';
      return original.call(globalThis, heic ? shown : source, ...rest);
    };
  }, jpeg);
  const file = { name: 'IMG_0001.HEIC', mimeType: 'image/heic', buffer: Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1') };
  const outcome = await opened.outcomeOf(() => page.setInputFiles('#file', file));
  assert.equal(outcome.status, 'ok', JSON.stringify(outcome).slice(0, 300));
  assert.equal(outcome.kind, 'printout');
});

test('the page complained about nothing', () => {
  assert.deepEqual(opened.problems, []);
});

test('a crash of the engine restarts it and says so', { timeout: PATIENCE_MS }, async (t) => {
  // The engine's first classify traps, as wasm does when it runs out of memory or panics.
  const trap = `
    const classify = Engine.prototype.classify;
    Engine.prototype.classify = function (files, ...rest) {
      if (files[0].name === 'crash.csv') throw new WebAssembly.RuntimeError('unreachable');
      return classify.call(this, files, ...rest);
    };`;
  const prepare = (crashing) => crashing.route('**/pkg/cpu/inkbeat.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${await response.text()}\n${trap}` });
  });
  const crashing = await openPage({ query: '?device=cpu', prepare });
  t.after(crashing.close);
  const buffer = await readSample(strip.file);
  const choose = (name) => crashing.outcomeOf(() => crashing.page.setInputFiles('#file', { name, mimeType: 'text/csv', buffer }));
  const outcome = await choose('crash.csv');
  assert.equal(outcome.code, 'DEVICE_LOST');
  assert.match(outcome.message, /restarted/);
  assert.equal((await choose('fine.csv')).status, 'ok');
});

test('without a usable graphics card the processor reads, and the page says why', { timeout: PATIENCE_MS }, async () => {
  const automatic = await openPage();
  try {
    assert.equal(automatic.ready.device, 'cpu');
    assert.match(automatic.ready.fallbackReason, /graphics card|WebGPU/);
    const { file } = (await readSamples()).find(({ kind }) => kind === 'strip');
    const buffer = await readSample(file);
    const outcome = await automatic.outcomeOf(() =>
      automatic.page.setInputFiles('#file', { name: file, mimeType: 'text/csv', buffer }),
    );
    assert.equal(outcome.provenance.fallback_reason, automatic.ready.fallbackReason);
  } finally {
    await automatic.close();
  }
});

/** Hands the strip sample to the page in an event of this kind. */
async function give(type, property, name) {
  const text = (await readSample(strip.file)).toString('utf8');
  await page.evaluate(([kind, key, fileName, content]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], fileName));
    document.body.dispatchEvent(new DragEvent(kind, { [key]: transfer, bubbles: true, cancelable: true }));
  }, [type, property, name, text]);
}

/** What the button for this format saves: `[{name, content}]`. */
async function saved(format, count) {
  const downloads = [];
  const keep = (download) => downloads.push(download);
  page.on('download', keep);
  await page.getByRole('button', { name: `Save signals (${format})` }).click();
  while (downloads.length < count) await page.waitForTimeout(20);
  page.off('download', keep);
  return Promise.all(downloads.map(async (download) => ({ name: download.suggestedFilename(), content: await readFile(await download.path()) })));
}
