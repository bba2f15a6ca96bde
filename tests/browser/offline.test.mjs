// A packed page on any static host, below a path: it is kept on the device, opens without a server, still checks its
// weights, takes files that other apps share, and tells of a new version before it changes.

import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';

import { joinStyles } from '../../tools/join-styles.mjs';
import { seal } from '../../tools/seal.mjs';
import { serve } from '../serve.mjs';
import { openPage, PATIENCE_MS, readSample, readSamples, SITE } from './page.mjs';
import { pdf, scanPage } from './pdf-files.mjs';
import { readPdf } from './pdf-text.mjs';
import { appleHealthCsv, museXml } from './recording-files.mjs';

const PATH = 'some/where/';

let folder;
let packed;
let opened;
let page;
let samples;

/** Copies the page as `./build.sh dist` does, without the large build for graphics cards. */
async function pack() {
  await rm(packed, { recursive: true, force: true });
  await mkdir(packed, { recursive: true });
  await cp(SITE, packed, { recursive: true, filter: (from) => basename(from) !== 'webgpu' && !basename(from).startsWith('.') });
  assert.ok((await joinStyles(packed)) > 1);
}

/** Whether the reader is ready, failed or whatever, in a page that was opened again. */
const settle = () => page.waitForFunction(() => ['ready', 'failed'].includes(document.documentElement.dataset.state));
const cacheNames = () => page.evaluate(() => caches.keys());

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkbeat-offline-'));
  packed = join(folder, PATH);
  await pack();
  await seal(packed);
  opened = await openPage({ site: folder, path: PATH, query: '?device=cpu' });
  ({ page } = opened);
  samples = await readSamples();
});

after(async () => {
  await opened.close();
  await rm(folder, { recursive: true });
});

test('equal pages have equal versions, other pages have others', async () => {
  const versions = [];
  for (const words of [null, null, 'changed']) {
    await pack();
    if (words) await writeFile(join(packed, 'samples', 'index.json'), '[]');
    versions.push(await seal(packed));
  }
  assert.equal(versions[0], versions[1]);
  assert.notEqual(versions[0], versions[2]);
  await assert.rejects(seal(packed), /nothing to seal/);
  await pack();
  await seal(packed);
});

test('once loaded it is kept: one version, nothing else', { timeout: PATIENCE_MS }, async () => {
  assert.ok(await page.isVisible('#kept'));
  const version = await page.getAttribute('meta[name="inkbeat-sealed"]', 'content');
  assert.deepEqual(await cacheNames(), [`inkbeat-${version}`]);
  assert.equal(await page.textContent('#request-count'), '0');
});

test('it can be installed', async () => {
  const session = await opened.context.newCDPSession(page);
  const { errors, data } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  assert.match(data, /share_target/);
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  // The test's own window is a private one, from which nothing is installed.
  assert.deepEqual(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'), []);
});

test('a new version is announced, and taken when the person says so', { timeout: PATIENCE_MS }, async () => {
  const before = await page.getAttribute('meta[name="inkbeat-sealed"]', 'content');
  await pack();
  const sheet = join(packed, 'styles', 'all.css');
  await writeFile(sheet, `${await readFile(sheet, 'utf8')}\n/* newer */\n`);
  const version = await seal(packed);
  await page.reload();
  await settle();
  assert.equal(await page.getAttribute('meta[name="inkbeat-sealed"]', 'content'), before, 'the kept version opens');
  await page.click('#update-now');
  await page.waitForFunction((wanted) => document.querySelector('meta[name="inkbeat-sealed"]')?.content === wanted, version);
  await settle();
  assert.deepEqual(await cacheNames(), [`inkbeat-${version}`], 'the older version is gone');
  assert.ok(await page.isHidden('#update'));
});

test('a watch’s table, a clinic’s file and a PDF are read, and each prints as one sheet', { timeout: PATIENCE_MS }, deskWork);

test('a file shared by another app is read', { timeout: PATIENCE_MS }, async () => {
  const text = (await readSample(samples.find(({ kind }) => kind === 'strip').file)).toString('utf8');
  const manifest = JSON.parse(await readFile(join(SITE, 'app.webmanifest'), 'utf8'));
  for (const kind of ['image/*', 'application/pdf', 'text/csv']) assert.ok(manifest.share_target.params.files[0].accept.includes(kind), kind);
  await page.evaluate(({ content, address }) => {
    const form = document.createElement('form');
    Object.assign(form, { method: 'POST', enctype: 'multipart/form-data', action: address });
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', name: 'ecg' });
    const transfer = new DataTransfer();
    transfer.items.add(new File([content], 'shared.csv', { type: 'text/csv' }));
    input.files = transfer.files;
    form.append(input);
    document.body.append(form);
    form.submit();
  }, { content: text, address: `${opened.origin}${PATH}?share` });
  await page.waitForURL((url) => !url.search.includes('share') && url.pathname === `/${PATH}`);
  await page.waitForFunction(() => globalThis.heard?.outcomes.length > 0);
  assert.equal(await page.evaluate(() => globalThis.heard.outcomes[0].status), 'ok');
  assert.match(await page.textContent('.file-name bdi'), /shared\.csv/);
});

test('without a server it opens, in another language too, and reads', { timeout: 2 * PATIENCE_MS }, async () => {
  await opened.stopServer();
  await page.goto(`${opened.origin}${PATH}?device=cpu&lang=de`);
  await settle();
  assert.equal(await page.getAttribute('html', 'data-state'), 'ready');
  assert.match(await page.textContent('h1'), /zweiter Blick/);
  for (const sample of ['strip', 'printout'].map((wanted) => samples.find(({ kind }) => kind === wanted))) {
    const outcome = await opened.outcomeOf(() => page.click(`[data-file="${sample.file}"]`));
    assert.equal(outcome.status, 'ok', sample.file);
  }
  assert.equal(await page.textContent('#request-count'), '0');
  assert.deepEqual(opened.problems, []);
});

test('without a server a PDF is read too, by parts that were kept before any PDF came', { timeout: PATIENCE_MS }, async () => {
  const scan = scanPage(await readSample(samples.find(({ kind }) => kind === 'printout').file));
  const file = { name: 'scan.pdf', mimeType: 'application/pdf', buffer: pdf([scan]) };
  const outcome = await opened.outcomeOf(() => page.setInputFiles('#file', file));
  assert.equal(outcome.status, 'ok', JSON.stringify(outcome).slice(0, 300));
  assert.ok(await page.isVisible('#request-parts'));
  assert.deepEqual(opened.problems, []);
});

test('without a server a watch’s table, a clinic’s file and a PDF are read and printed too', { timeout: PATIENCE_MS }, deskWork);

test('without a server a HEIC photo is opened too', { timeout: PATIENCE_MS }, async () => {
  const buffer = await readFile(new URL('../fixtures/like-a-phone.heic', import.meta.url));
  const outcome = await opened.outcomeOf(() => page.setInputFiles('#file', { name: 'IMG_0001.HEIC', mimeType: 'image/heic', buffer }));
  assert.equal(outcome.status, 'ok', JSON.stringify(outcome).slice(0, 300));
  assert.deepEqual(opened.problems, []);
});

test('kept weights are checked as fresh ones are, and replaced when they are asked for again', { timeout: PATIENCE_MS }, async () => {
  const strip = samples.find(({ kind }) => kind === 'strip');
  await page.evaluate(async () => {
    const cache = await caches.open((await caches.keys())[0]);
    const address = (await cache.keys()).find(({ url }) => url.endsWith('lead-student.bpk'));
    const bytes = new Uint8Array(await (await cache.match(address)).arrayBuffer());
    bytes[bytes.length - 1] ^= 1;
    await cache.put(address, new Response(bytes));
  });
  await page.reload();
  await settle();
  const outcome = await opened.outcomeOf(() => page.click(`[data-file="${strip.file}"]`));
  assert.equal(outcome.code, 'INTEGRITY');
  const server = await serve(folder, Number(new URL(opened.origin).port));
  try {
    assert.equal((await opened.outcomeOf(() => page.click('#again'))).status, 'ok');
  } finally {
    await server.close();
  }
});

/** Opens what lies on a clinic's desk and prints what the page says of it. */
async function deskWork() {
  const scan = scanPage(await readSample(samples.find(({ kind }) => kind === 'printout').file));
  const files = [
    ['ecg_2026-05-30.csv', appleHealthCsv(), 'strip'],
    ['muse.xml', museXml(), 'recording'],
    ['scan.pdf', pdf([scan]), 'printout'],
  ];
  for (const [name, buffer, kind] of files) {
    const outcome = await opened.outcomeOf(() => page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer }));
    assert.equal(outcome.status, 'ok', JSON.stringify(outcome).slice(0, 300));
    assert.equal(outcome.kind, kind);
    const rate = outcome.measurements.heart_rate_bpm.value;
    if (kind !== 'printout') assert.ok(Math.abs(rate - 75) < 1, `${name}: ${rate}`);
    const { pages, text } = readPdf(await page.pdf({ format: 'A4' }));
    assert.equal(pages.length, 1, name);
    assert.ok(text.replaceAll(/\s/g, '').includes(`${Math.round(rate)}`), `${name}: the sheet has the heart rate`);
    assert.ok(!text.includes('Quagmire'), 'names are dropped');
  }
  assert.deepEqual(opened.problems, []);
}
