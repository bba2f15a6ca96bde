// How long pictures of printouts take in the real page, stage by stage, and how much memory they need.
//
//   node tests/bench/photos.mjs [--runs=3] PICTURE...        (after ./build.sh build cpu)
//
// Every picture is read in a fresh browser, `runs` times. Prints for each picture the milliseconds of every stage, the
// least (other work on the machine only ever adds) and in brackets those of the first reading, for which the browser
// has not yet optimised the program; and the size of the module's memory after the first and the last reading. That
// memory never shrinks, so it is the peak. What the browser itself keeps comes on top.
//
// The bars for a photo of 12 megapixels, in one thread: rectify and digitise together within 1500 ms, 400 MB.
// A picture to try is drawn by `inkbeat-trainer render --view photo`.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { openPage } from '../browser/page.mjs';

/** Runs in the worker, behind the engine's own code: adds the size of its memory to every outcome. */
const WITH_MEMORY = `
  const classify = Engine.prototype.classify;
  Engine.prototype.classify = async function (...request) {
    const answer = await classify.apply(this, request);
    answer.outcome.memory_bytes = wasm.memory.buffer.byteLength;
    return answer;
  };`;
const PATIENCE_MS = 540_000;

const runs = Number(process.argv.find((argument) => argument.startsWith('--runs='))?.slice('--runs='.length) ?? 3);
const files = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
if (files.length === 0 || !(runs >= 1)) {
  console.error('usage: node tests/bench/photos.mjs [--runs=3] PICTURE...');
  process.exit(2);
}

for (const file of files) console.log(await measured(file));

async function measured(file) {
  const buffer = await readFile(file);
  const opened = await openPage({
    query: '?device=cpu',
    patienceMs: PATIENCE_MS,
    prepare: (page) => page.route('**/pkg/cpu/inkbeat.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${await response.text()}\n${WITH_MEMORY}` });
    }),
  });
  try {
    const outcomes = [];
    for (let run = 0; run < runs; run += 1) {
      outcomes.push(await opened.outcomeOf(() =>
        opened.page.setInputFiles('#file', { name: basename(file), mimeType: 'application/octet-stream', buffer })));
    }
    return `${basename(file)}: ${statusOf(outcomes[0])}; ${stages(outcomes)}; memory ${megabytes(outcomes[0])} MB, ` +
      `after ${runs} readings ${megabytes(outcomes.at(-1))} MB`;
  } finally {
    await opened.close();
  }
}

function statusOf({ status, issues = [] }) {
  return [status, ...issues.map(({ code }) => code)].join(' ');
}

function stages(outcomes) {
  const timings = outcomes.map(({ timings_ms: stages }) => stages ?? {});
  const least = (name) => Math.min(...timings.map((stages) => stages[name]));
  const shown = (name, of) => `${of(least).toFixed(0)} (${of((stage) => timings[0][stage]).toFixed(0)}) ms ${name}`;
  const order = ['decode', 'rectify', 'digitise', 'classify'].filter((name) => name in timings[0]);
  if (order.length === 0) return 'no timings, for it was refused';
  const together = shown('rectify + digitise', (stage) => stage('rectify') + stage('digitise'));
  return [...order.map((name) => shown(name, (stage) => stage(name))), together].join(', ');
}

function megabytes({ memory_bytes: bytes }) {
  return Number.isFinite(bytes) ? (bytes / 1e6).toFixed(0) : '?';
}
