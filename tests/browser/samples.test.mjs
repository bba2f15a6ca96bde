// The gallery's made-up ECGs, read on the processor and on a graphics card, without a request after loading.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EMULATED_PATIENCE_MS, openPage, readSamples, WITH_WEBGPU, WITHOUT_GPU } from './page.mjs';

// Same network, same input, other arithmetic; the processor's wasm must agree with native almost exactly.
const LARGEST_DEVIATION = { cpu: 1e-3, webgpu: 5e-3 };
// Of 99 labels. A right answer may lie below its threshold, but not among the many.
const RANK_OF_EXPECTED = 10;

for (const [device, args] of [['cpu', WITHOUT_GPU], ['webgpu', WITH_WEBGPU]]) {
  test(`samples are read on ${device}`, { timeout: EMULATED_PATIENCE_MS }, async (t) => {
    const opened = await openPage({ query: `?device=${device}`, args, patienceMs: EMULATED_PATIENCE_MS });
    t.after(opened.close);
    const { page, origin, problems, requests, ready } = opened;
    assert.equal(ready.device, device, `fell back: ${ready.fallbackReason}`);
    assert.equal(ready.fallbackReason, null);
    assert.deepEqual(Object.keys(ready.selfTest).sort(), ['image-student', 'lead-student', 'tracing-student']);
    for (const [name, deviation] of Object.entries(ready.selfTest)) {
      t.diagnostic(`${name} on ${device}: golden logits off by ${deviation}`);
      assert.ok(deviation <= LARGEST_DEVIATION[device], `${name} is off by ${deviation}`);
    }

    const afterLoad = requests.length;
    const samples = await readSamples();
    for (const sample of chosen(samples, device)) await readSampleCard(t, opened, sample, device);

    assert.deepEqual(requests.slice(afterLoad), [], 'no request after loading');
    assert.deepEqual(requests.filter((url) => !url.startsWith(origin)), [], 'no request to anywhere else');
    assert.equal(await page.textContent('#request-count'), '0');
    assert.deepEqual(problems, []);
  });
}

/** All on the processor; one of each kind where every reading is slow. */
function chosen(samples, device) {
  if (device === 'cpu') return samples;
  return ['printout', 'strip'].map((kind) => samples.find((sample) => sample.kind === kind));
}

async function readSampleCard(t, { page, outcomeOf }, { file, kind, expected }, device) {
  const outcome = await outcomeOf(() => page.click(`[data-file="${file}"]`));
  assert.equal(outcome.status, 'ok', `${file}: ${JSON.stringify(outcome).slice(0, 300)}`);
  assert.equal(outcome.kind, kind);
  assert.equal(outcome.provenance.device, device);
  assert.match(outcome.provenance.sha256, /^[0-9a-f]{64}$/);
  const found = outcome.findings.map(({ code }) => code);
  const ranked = Object.keys(outcome.scores).sort((a, b) => outcome.scores[b] - outcome.scores[a]);
  t.diagnostic(`${file}: expected ${expected}, found ${found.join(' ') || 'nothing'}`);
  const known = expected.some((code) => found.includes(code) || ranked.slice(0, RANK_OF_EXPECTED).includes(code));
  assert.ok(expected.length === 0 || known, `${file}: none of ${expected} among ${ranked.slice(0, RANK_OF_EXPECTED)}`);
  assert.ok(await page.isVisible('.emergency'), 'the emergency line is shown');
  assert.ok(await page.isVisible(kind === 'printout' ? '.tracing canvas' : '.tracing .paper'), 'the tracing is shown');
  if (kind === 'printout') assert.match(await page.textContent('#result'), /25 mm\/s and 10 mm\/mV/, 'the assumed scale is said');
}
