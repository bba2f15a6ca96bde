// Files that can't be read, or show no ECG: each gets a code, a plain message and a hint, and the page stays usable.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { catPng, csvWith, giantPng, noisePng, truncated } from './broken-files.mjs';
import { assertExplained, assertShown, openPage, PATIENCE_MS, readSample, readSamples } from './page.mjs';

let opened;
let samples;

before(async () => {
  opened = await openPage({ query: '?device=cpu' });
  samples = await readSamples();
});

after(() => opened.close());

const ERRORS = [
  { title: 'an empty file', name: 'empty.jpg', bytes: () => Buffer.alloc(0), code: 'DECODE', says: /empty/ },
  { title: 'a JPEG that breaks off', name: 'photo.jpg', bytes: truncatedJpeg, code: 'DECODE', says: /./ },
  { title: 'text named .jpg', name: 'note.jpg', bytes: () => Buffer.from('This is a note.\nNo numbers here.\n'), code: 'UNSUPPORTED_FORMAT', says: /./ },
  { title: 'a picture beyond the pixel limit', name: 'giant.png', bytes: giantPng, code: 'TOO_LARGE', says: /megapixel|pixels/i },
  { title: 'a drawing (SVG)', name: 'ecg.svg', bytes: () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), code: 'UNSUPPORTED_FORMAT', says: /SVG.*screenshot/ },
  { title: 'a CSV with letters', name: 'letters.csv', bytes: () => csvWith(1200, 'secret'), code: 'DECODE', says: /line 1200/ },
  { title: 'a CSV with NaN', name: 'nan.csv', bytes: () => csvWith(700, 'NaN'), code: 'DECODE', says: /line 700/ },
  { title: 'a signal file without its header', name: '100.dat', bytes: () => Buffer.alloc(400, 7), code: 'UNSUPPORTED_FORMAT', says: /\.hea/ },
];

for (const { title, name, bytes, code, says } of ERRORS) {
  test(`${title} → ${code}`, { timeout: PATIENCE_MS }, async () => {
    const outcome = await choose(name, await bytes());
    assert.equal(outcome.status, 'error', JSON.stringify(outcome).slice(0, 300));
    await assertExplained(opened.page, outcome, { title, code, message: says });
    await assertShown(opened.page, [code]);
    assert.doesNotMatch(outcome.message, /secret/, 'the content of a file is never repeated');
    assert.match(await opened.page.textContent('#result'), new RegExp(name.replace('.', '\\.')), 'the file is still named');
    assert.ok(await opened.page.isVisible('#again'), 'it can be tried again');
  });
}

for (const [title, bytes] of [['noise', noisePng], ['a cat', catPng]]) {
  test(`a picture of ${title} is rejected with reasons`, { timeout: PATIENCE_MS }, async () => {
    const outcome = await choose('picture.png', bytes());
    assert.equal(outcome.status, 'rejected', JSON.stringify(outcome).slice(0, 300));
    const reasons = outcome.issues.filter(({ severity }) => severity === 'reject');
    assert.ok(reasons.length > 0);
    for (const { code, message, hint } of reasons) await assertShown(opened.page, [code, message, hint]);
  });
}

test('after all that, an ECG is read and nothing was complained about', { timeout: PATIENCE_MS }, async () => {
  const { file } = samples.find(({ kind }) => kind === 'strip');
  const outcome = await choose(file, await readSample(file));
  assert.equal(outcome.status, 'ok');
  assert.deepEqual(opened.problems, []);
  assert.equal(await opened.page.textContent('#request-count'), '0');
});

function choose(name, buffer) {
  return opened.outcomeOf(() => opened.page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer }));
}

/** A JPEG made by the browser itself, cut. */
async function truncatedJpeg() {
  const base64 = await opened.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(800, 600);
    const pen = canvas.getContext('2d');
    for (let x = 0; x < 800; x += 5) pen.fillRect(x, (x * 37) % 600, 3, 40);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
    return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
  });
  return truncated(Buffer.from(base64, 'base64'));
}
