// Reads pictures or strips in a real browser and beside it with the command line, and compares.
//
//   node tests/browser/compare-native.mjs FILE...        (after ./build.sh build and a release build of the trainer)
//
// Prints one line a file: both statuses, the quality, and the largest difference between any two probabilities.
// For pictures that can't be in the repository; the committed samples are compared by the tests.

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { openPage, WITH_WEBGPU, WITHOUT_GPU } from './page.mjs';

const files = process.argv.slice(2).filter((argument) => !argument.startsWith('--')).map((file) => resolve(file));
const device = process.argv.includes('--webgpu') ? 'webgpu' : 'cpu';
if (files.length === 0) {
  console.error('usage: node tests/browser/compare-native.mjs [--webgpu] FILE...');
  process.exit(2);
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const native = new Map(
  execFileSync(
    'cargo',
    ['run', '--release', '--quiet', '-p', 'inkbeat-trainer', '--', 'infer', '--json', ...files],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 },
  )
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map((outcome) => [outcome.file, outcome]),
);

const opened = await openPage({
  query: `?device=${device}`,
  args: device === 'webgpu' ? WITH_WEBGPU : WITHOUT_GPU,
  patienceMs: 540_000,
});
const counts = { answered: 0, alike: 0 };
for (const file of files) {
  const buffer = await readFile(file);
  const outcome = await opened.outcomeOf(() =>
    opened.page.setInputFiles('#file', { name: basename(file), mimeType: 'application/octet-stream', buffer }),
  );
  const expected = native.get(file);
  const difference = largestDifference(outcome.scores, expected.scores);
  counts.answered += outcome.status === 'ok' ? 1 : 0;
  counts.alike += outcome.status === expected.status && difference <= 1e-2 ? 1 : 0;
  const findings = (outcome.findings ?? []).map(({ code, probability }) => `${code} ${probability.toFixed(2)}`).join(', ');
  const reasons = (outcome.issues ?? []).map(({ code }) => code).join(', ');
  const quality = outcome.quality ? `quality ${outcome.quality.score.toFixed(2)}` : reasons;
  const total = Object.values(outcome.timings_ms ?? {}).reduce((sum, ms) => sum + ms, 0);
  console.log(
    `${basename(file)}: browser ${outcome.status}, native ${expected.status}, ${quality}, Δp ${difference.toExponential(1)}, ` +
      `${total.toFixed(0)} ms on ${outcome.provenance?.device ?? device}; ${findings || 'no finding'}`,
  );
}
await opened.close();
console.log(`${counts.answered} of ${files.length} answered in the browser; ${counts.alike} alike natively`);
process.exit(counts.alike === files.length ? 0 : 1);

function largestDifference(one = {}, other = {}) {
  return Math.max(0, ...Object.keys(one).map((key) => Math.abs(one[key] - other[key])));
}
