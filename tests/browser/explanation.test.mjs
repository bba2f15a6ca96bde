// Which leads an answer rests on, worked out when it is asked for.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

import { openPage, PATIENCE_MS } from './page.mjs';

const RESULTS = fileURLToPath(new URL('../../test-results', import.meta.url));
const LEADS = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'];

test('a printout’s findings are read again without each lead', { timeout: PATIENCE_MS }, async (t) => {
  await mkdir(RESULTS, { recursive: true });
  const opened = await openPage({ query: '?device=cpu&view=clinical' });
  t.after(opened.close);
  const { page, problems, requests, outcomeOf } = opened;
  const outcome = await outcomeOf(() => page.click('[data-file="printout-lbbb.jpg"]'));
  const before = requests.length;
  await page.click('#explain');
  await page.waitForSelector('.explanation table');
  const read = () => page.evaluate(() => {
    const rows = [...document.querySelectorAll('.explanation tr')].map((row) => [...row.cells].map(({ textContent }) => textContent));
    const darkest = [...document.querySelectorAll('.explanation tbody tr')].map((row) => {
      const weights = [...row.querySelectorAll('.weight')].map((cell) => Number(cell.style.getPropertyValue('--weight')));
      return weights.indexOf(Math.max(...weights));
    });
    return { rows, darkest };
  });
  const { rows: [headings, ...rows], darkest } = await read();
  assert.deepEqual(headings.slice(2), LEADS.map((lead) => `without ${lead}`));
  assert.deepEqual(rows.map(([code]) => code), outcome.findings.map(({ code }) => code));
  // A left bundle branch block shows in V1 and in the lateral leads.
  const block = rows.findIndex(([code]) => code === 'CLBBB');
  assert.ok(['V1', 'I', 'V5', 'V6'].includes(LEADS[darkest[block]]), LEADS[darkest[block]]);
  assert.deepEqual(requests.slice(before), []);
  await page.locator('.explanation').screenshot({ path: `${RESULTS}/explanation.png` });

  await page.selectOption('#language', 'de');
  await page.waitForFunction(() => document.documentElement.lang === 'de');
  assert.equal((await read()).rows[0][2], 'ohne I', 'what was worked out is kept');

  await outcomeOf(() => page.click('[data-file="strip-afib.csv"]'));
  assert.equal(await page.locator('#explain').count(), 0, 'one lead can’t be compared with others');
  assert.deepEqual(problems, []);
});
