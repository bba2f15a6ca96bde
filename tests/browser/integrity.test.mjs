// Weights, manifest and program must belong together: the page refuses to read with any other combination.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openPage, PATIENCE_MS } from './page.mjs';

const TAMPERED = [
  { title: 'damaged weights', file: 'lead-student.bpk', change: damageLastByte },
  { title: 'another hash in the manifest', file: 'image-student.json', change: inManifest((manifest) => { manifest.sha256 = '0'.repeat(64); }) },
  { title: 'labels out of order', file: 'image-student.json', change: inManifest(({ labels }) => { labels.push(labels.shift()); }) },
  { title: 'a manifest that is no JSON', file: 'lead-student.json', change: () => Buffer.from('{') },
  { title: 'golden logits that do not match', file: 'lead-student.json', change: inManifest(({ golden_logits: logits }) => { logits[0] += 1; }) },
];

for (const { title, file, change } of TAMPERED) {
  test(`${title} → INTEGRITY`, { timeout: PATIENCE_MS }, async (t) => {
    const prepare = (page) => page.route(`**/models/${file}`, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: change(await response.body()) });
    });
    await assertRefused(t, prepare);
  });
}

test('weights that are missing → INTEGRITY', { timeout: PATIENCE_MS }, async (t) => {
  await assertRefused(t, (page) => page.route('**/models/image-student.bpk', (route) => route.fulfill({ status: 404, body: '' })));
});

async function assertRefused(t, prepare) {
  const { page, outcomeOf, close } = await openPage({ query: '?device=cpu', prepare });
  t.after(close);
  assert.equal(await page.getAttribute('html', 'data-state'), 'failed');
  const heard = await page.evaluate(() => globalThis.heard.outcomes[0]);
  assert.equal(heard.code, 'INTEGRITY');
  assert.ok((await page.textContent('#engine')).includes(heard.message), 'the reason is shown where files are chosen');
  const later = await outcomeOf(() => page.setInputFiles('#file', { name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('1\n2\n') }));
  assert.equal(later.code, 'INTEGRITY', 'a file is not read either');
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
