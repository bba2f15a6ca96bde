// Weights, manifest and program must belong together: the page refuses to read with any other combination, reads on with
// what is sound, and fetches the rest anew when it is asked again.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { assertExplained, openPage, PATIENCE_MS, readSample, readSamples } from './page.mjs';

const TAMPERED = [
  { title: 'damaged weights', file: 'lead-student.bpk', change: damageLastByte },
  { title: 'another hash in the manifest', file: 'image-student.json', change: inManifest((manifest) => { manifest.sha256 = '0'.repeat(64); }) },
  { title: 'labels out of order', file: 'tracing-student.json', change: inManifest(({ labels }) => { labels.push(labels.shift()); }) },
  { title: 'a manifest that is no JSON', file: 'lead-student.json', change: () => Buffer.from('{') },
  { title: 'golden logits that do not match', file: 'image-student.json', change: inManifest(({ golden_logits: logits }) => { logits[0] += 1; }) },
];
/** The kinds of sample that each model is needed for. */
const NEEDED_FOR = { 'lead-student': ['strip', 'printout'], 'image-student': ['printout'], 'tracing-student': ['strip', 'printout'] };

for (const { title, file, change } of TAMPERED) {
  test(`${title} → INTEGRITY where they are needed`, { timeout: PATIENCE_MS }, async (t) => {
    await assertRefused(t, file, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: change(await response.body()) });
    });
  });
}

test('weights that are missing → INTEGRITY where they are needed', { timeout: PATIENCE_MS }, async (t) => {
  await assertRefused(t, 'image-student.bpk', (route) => route.fulfill({ status: 404, body: '' }));
});

test('a program that is missing → INTEGRITY where files are chosen', { timeout: PATIENCE_MS }, async (t) => {
  const prepare = (page) => page.route('**/pkg/cpu/inkbeat_bg.wasm', (route) => route.fulfill({ status: 404, body: '' }));
  const { page, outcomeOf, close } = await openPage({ query: '?device=cpu', prepare });
  t.after(close);
  assert.equal(await page.getAttribute('html', 'data-state'), 'failed');
  const heard = await page.evaluate(() => globalThis.heard.outcomes[0]);
  assert.equal(heard.code, 'INTEGRITY');
  assert.ok((await page.textContent('#engine')).includes(heard.message), 'the reason is shown where files are chosen');
  const later = await outcomeOf(() => page.setInputFiles('#file', { name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('1\n2\n') }));
  assert.equal(later.code, 'INTEGRITY', 'a file is not read either');
});

async function assertRefused(t, file, answer) {
  const address = `**/models/${file}`;
  const { page, outcomeOf, close } = await openPage({ query: '?device=cpu', prepare: (opening) => opening.route(address, answer) });
  t.after(close);
  assert.equal(await page.getAttribute('html', 'data-state'), 'ready');
  const samples = await readSamples();
  const [model] = file.split('.');
  for (const kind of ['strip', 'printout']) {
    const { file: name } = samples.find((sample) => sample.kind === kind);
    const buffer = await readSample(name);
    const outcome = await outcomeOf(() => page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer }));
    if (!NEEDED_FOR[model].includes(kind)) {
      assert.equal(outcome.status, 'ok', `${kind}: what is sound reads on`);
      continue;
    }
    await assertExplained(page, outcome, { title: kind, code: 'INTEGRITY', message: /./ });
  }
  const [kind] = NEEDED_FOR[model];
  const { file: name } = samples.find((sample) => sample.kind === kind);
  const buffer = await readSample(name);
  assert.equal((await outcomeOf(() => page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer }))).code, 'INTEGRITY');
  await page.unroute(address);
  assert.equal((await outcomeOf(() => page.click('#again'))).status, 'ok', 'and is fetched anew when it is asked for again');
  assert.ok(await page.isVisible('#request-parts'), 'the page says what the requests were for');
}

function damageLastByte(body) {
  const damaged = Buffer.from(body);
  damaged[damaged.length - 1] ^= 1;
  return damaged;
}

function inManifest(edit) {
  return (body) => {
    const manifest = JSON.parse(body.toString('utf8'));
    edit(manifest);
    return Buffer.from(JSON.stringify(manifest));
  };
}
