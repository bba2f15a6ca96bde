// A recording of twelve leads is read as a whole, and one lead of it when that is asked for.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openPage, PATIENCE_MS, WITHOUT_GPU } from './page.mjs';

const LEADS = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'];
const RATE_HZ = 250;

/** Ten seconds of a beat a second, as a table; each lead with waves of its own height. */
function table(flat = []) {
  const wave = (t, at, width) => Math.exp(-0.5 * ((t - at) / width) ** 2);
  const lines = [`time,${LEADS.join(',')}`];
  for (let sample = 0; sample < 10 * RATE_HZ; sample += 1) {
    const t = (sample / RATE_HZ) % 1;
    const beat = 0.12 * wave(t, 0.22, 0.025) + wave(t, 0.4, 0.012) + 0.25 * wave(t, 0.68, 0.05);
    const values = LEADS.map((lead, index) => (flat.includes(lead) ? 0 : (0.5 + 0.08 * index) * beat).toFixed(4));
    lines.push(`${(sample / RATE_HZ).toFixed(3)},${values.join(',')}`);
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

test('twelve leads are read together, or the one that is chosen', { timeout: PATIENCE_MS }, async (t) => {
  const opened = await openPage({ query: '?device=cpu', args: WITHOUT_GPU });
  t.after(opened.close);
  const { page, problems, outcomeOf } = opened;
  const choose = (buffer) => page.setInputFiles('#file', { name: 'clinic.csv', mimeType: 'text/csv', buffer });

  const whole = await outcomeOf(() => choose(table()));
  assert.equal(whole.status, 'ok', JSON.stringify(whole).slice(0, 300));
  assert.equal(whole.kind, 'recording');
  assert.equal(whole.provenance.model, 'tracing-student');
  assert.equal(whole.lead, 'II');
  assert.deepEqual(whole.quality.issues, []);
  assert.ok(Math.abs(whole.measurements.heart_rate_bpm.value - 60) < 1);
  assert.ok(whole.measurements.qrs_ms, 'waves are measured on all leads');
  const beats = await page.getAttribute('.paper-beat', 'd');
  assert.equal(beats.split('M').length - 1, 10, 'every beat is marked');
  assert.match(await page.textContent('#result'), /Lead II is drawn here.*all leads were read/);

  const short = await outcomeOf(() => choose(table(['V2', 'V6'])));
  assert.equal(short.kind, 'recording');
  assert.match(await page.textContent('#result'), /left out: V2, V6/);

  await page.click('.strip-options summary');
  await page.selectOption('#strip-lead', 'V5');
  const alone = await outcomeOf(() => page.click('.strip-options button'));
  assert.equal(alone.kind, 'strip');
  assert.equal(alone.lead, 'V5');
  assert.equal(alone.provenance.model, 'lead-student');
  assert.deepEqual(problems, []);
});
