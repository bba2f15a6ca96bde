// Photos as iPhones store them, in a browser that can't open them: decoded by a part of the page that is fetched when the
// first one comes, and told why not where that can't be done.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { assertExplained, openPage, PATIENCE_MS } from './page.mjs';

const FIXTURE = new URL('../fixtures/like-a-phone.heic', import.meta.url);
const PARTS = ['heic/boxes.js', 'heic/decoder.js', 'heic/worker.js', 'pkg/heic/libheif.js', 'pkg/heic/libheif.wasm'];

let opened;
let page;
let photo;
const asked = [];

before(async () => {
  opened = await openPage({ query: '?device=cpu', viewport: { width: 360, height: 800 } });
  ({ page } = opened);
  opened.context.on('request', (request) => request.url().startsWith('http') && asked.push(request));
  photo = await readFile(FIXTURE);
});

after(() => opened.close());

const choose = (name, buffer) => opened.outcomeOf(() => page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer }));
const addresses = () => asked.map((request) => request.url().slice(opened.origin.length));

/** The photo with every occurrence of some bytes replaced by as many others. */
function withBytes(before, after) {
  const [from, to] = [before, after].map((bytes) => Buffer.from(bytes).toString('latin1'));
  const text = photo.toString('latin1');
  assert.ok(text.includes(from));
  return Buffer.from(text.replaceAll(from, to), 'latin1');
}

/** A box's name and what follows its version and flags, as 16 or 32 bits each. */
const pitm = (item) => [...Buffer.from('pitm'), 0, 0, 0, 0, 0, item];
const ispe = (...sides) => Buffer.concat([Buffer.from('ispe\0\0\0\0'), ...sides.map((side) => Buffer.from([side >> 24, side >> 16, side >> 8, side]))]);

test('a photo is read, upright; all that is asked for are the parts that open it', { timeout: PATIENCE_MS }, async () => {
  const outcome = await choose('IMG_0001.HEIC', photo);
  assert.equal(outcome.status, 'ok', JSON.stringify(outcome).slice(0, 300));
  assert.equal(outcome.layout.name, '3x4+1');
  assert.ok(Math.abs(outcome.layout.rotation_deg) < 5, 'it was turned as the file says');
  assert.ok(outcome.findings.some(({ code }) => code === 'SR'));
  assert.deepEqual(addresses().sort(), [...PARTS].sort());
  for (const request of asked) {
    assert.equal(request.method(), 'GET');
    assert.equal(request.postData(), null);
  }
  await page.waitForFunction((count) => document.getElementById('request-count').textContent === String(count), PARTS.length);
  assert.ok(await page.isVisible('#request-parts'), 'the page says what the requests were for');
});

test('it can be marked by hand as other photos can', { timeout: PATIENCE_MS }, async () => {
  await page.evaluate(() => (document.getElementById('corners').open = true));
  await page.locator('.corner-mark').first().waitFor();
});

test('the content tells, and the primary picture of several is read, without further requests', { timeout: PATIENCE_MS }, async () => {
  const before = asked.length;
  assert.equal((await choose('letter.txt', withBytes('ftypheic', 'ftypmif1'))).status, 'ok');
  const outcome = await choose('blank.heic', withBytes(pitm(1), pitm(12)));
  assert.equal(outcome.status, 'rejected', 'the second picture shows nothing');
  assert.deepEqual(addresses().slice(before), []);
});

test('what can’t be read says why and what to do', { timeout: 2 * PATIENCE_MS }, async () => {
  const damaged = Buffer.from(photo);
  for (let at = 4000; at < damaged.length; at += 7) damaged[at] ^= 0x5a;
  const cases = [
    ['cut', photo.subarray(0, photo.length * 0.8), 'DECODE', /incomplete/, /again/],
    ['a head alone', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), 'DECODE', /incomplete/, /again/],
    ['damaged', damaged, 'DECODE', /damaged/, /again/],
    ['huge', withBytes(ispe(1050, 1485), ispe(9000, 8000)), 'TOO_LARGE', /8000 × 9000 pixels/, /smaller/],
    ['of another kind', withBytes('grid', 'jpeg'), 'UNSUPPORTED_FORMAT', /kind/, /Most Compatible/],
  ];
  for (const [title, bytes, code, message, hint] of cases) {
    await assertExplained(page, await choose(`${title}.heic`, bytes), { title, code, message, hint });
  }
  await page.selectOption('#language', 'de');
  await page.getByText('Speichern Sie es als JPEG').waitFor();
  await page.selectOption('#language', 'en');
  assert.equal((await choose('IMG_0002.HEIC', photo)).status, 'ok', 'what failed is in nobody’s way');
});

test('decoding can be stopped and begun again', { timeout: PATIENCE_MS }, async () => {
  await page.evaluate(() => new MutationObserver((_, observer) => {
    if (document.querySelector('#work-stages .now')?.textContent !== 'Opening the picture') return;
    observer.disconnect();
    setTimeout(() => document.getElementById('cancel').click(), 50);
  }).observe(document.getElementById('work-stages'), { childList: true }));
  assert.equal((await choose('IMG_0003.HEIC', photo)).code, 'ABORTED');
  assert.equal((await opened.outcomeOf(() => page.click('#again'))).status, 'ok');
  assert.deepEqual(opened.problems, []);
});

test('a part that can’t be had is named, and fetched again the next time', { timeout: PATIENCE_MS }, async (t) => {
  const other = await openPage({ query: '?device=cpu' });
  t.after(other.close);
  for (const part of ['libheif.wasm', 'libheif.js']) {
    await other.context.route(`**/pkg/heic/${part}`, (route) => route.fulfill({ status: 404, body: '' }));
    const outcome = await other.outcomeOf(() => other.page.setInputFiles('#file', { name: 'a.heic', mimeType: 'image/heic', buffer: photo }));
    assert.equal(outcome.code, 'INTEGRITY');
    assert.ok(outcome.message.includes(part), outcome.message);
    await other.context.unroute(`**/pkg/heic/${part}`);
  }
  assert.equal((await other.outcomeOf(() => other.page.click('#again'))).status, 'ok');
});
