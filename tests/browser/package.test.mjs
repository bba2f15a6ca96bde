// The npm package as an app uses it: from a static folder below a path, under a strict policy, without a page of ours.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { packNpm } from '../../tools/pack-npm.mjs';
import { complaints } from '../typescript.mjs';
import { catPng } from './broken-files.mjs';
import { openBrowser, PATIENCE_MS, readSamples, SITE } from './page.mjs';

const PATH = 'some/app/';
const EXAMPLE = fileURLToPath(new URL('../../examples/embed', import.meta.url));
const MOST_MS_TO_STOP = 200;

let folder;
let opened;
let page;
let strip;
let printout;
let loadedRequests;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkbeat-package-'));
  await cp(EXAMPLE, join(folder, PATH), { recursive: true });
  await cp(join(SITE, 'samples'), join(folder, PATH, 'samples'), { recursive: true });
  await packNpm(join(folder, PATH, 'inkbeat'));
  opened = await openBrowser({ site: folder });
  ({ page } = opened);
  const samples = await readSamples();
  [strip, printout] = ['strip', 'printout'].map((wanted) => samples.find(({ kind }) => kind === wanted).file);
  await page.goto(`${opened.origin}${PATH}`);
  await page.waitForFunction(() => document.getElementById('answer').textContent === 'Ready');
  await page.evaluate(prepare, [strip, printout]);
  loadedRequests = opened.requests.length;
});

after(async () => {
  await opened.close();
  await rm(folder, { recursive: true });
});

/** Runs in the page: makes `ecg`, `files` and `caught`, which every test uses. */
async function prepare(names) {
  const { createEcg, EcgError, probe } = await import(new URL('inkbeat/index.js', location.href).href);
  const fetched = names.map(async (name) => [name, await (await fetch(`samples/${name}`)).blob()]);
  const files = Object.fromEntries(await Promise.all(fetched));
  const progress = [];
  const ecg = await createEcg({ device: 'cpu', onProgress: (step) => progress.push(step) });
  /** The error that a promise rejects with, told apart from other exceptions. */
  const caught = async (promise) => {
    try {
      return { value: await promise };
    } catch (error) {
      const { code, message, hint } = error;
      return { typed: error instanceof EcgError && error instanceof Error, kind: error.constructor.name, code, message, hint, at: performance.now() };
    }
  };
  Object.assign(globalThis, { createEcg, probe, files, progress, ecg, caught });
}

test('the example reads what a person chooses, on a sub-path', { timeout: PATIENCE_MS }, async () => {
  for (const file of [strip, printout]) {
    await page.evaluate(() => (document.getElementById('answer').textContent = ''));
    await page.setInputFiles('#file', join(SITE, 'samples', file));
    await page.waitForFunction(() => document.getElementById('answer').textContent.includes(': '));
    assert.match(await page.textContent('#answer'), /^(likely|possible): /, file);
  }
});

test('a picture is read, stage by stage', { timeout: PATIENCE_MS }, async () => {
  const read = await page.evaluate(async (name) => {
    const stages = [];
    const { outcome, photo, picture, leads } = await ecg.classifyImage(await files[name].arrayBuffer(), { onStage: (stage) => stages.push(stage) });
    return { stages, outcome, photo, bytes: picture.rgba.length, pixels: picture.width * picture.height, leads: leads.map(({ lead }) => lead) };
  }, printout);
  assert.deepEqual(read.stages, ['decode', 'rectify', 'digitise', 'classify']);
  assert.equal(read.outcome.status, 'ok');
  assert.equal(read.outcome.kind, 'printout');
  assert.equal(read.outcome.provenance.device, 'cpu');
  assert.equal(read.bytes, 4 * read.pixels);
  assert.ok(read.photo.width > 0 && read.leads.includes('V6'));
});

test('a recording gives the same answer as a file, as bytes and as samples', { timeout: PATIENCE_MS }, async () => {
  const { outcomes, length } = await page.evaluate(async (name) => {
    const rows = (await files[name].text()).split('\n').filter((line) => /^[\d.]+,/.test(line)).map((line) => line.split(',').map(Number));
    const samplesMv = Float32Array.from(rows, ([, millivolts]) => millivolts);
    const sampleRateHz = Math.round(1 / (rows[1][0] - rows[0][0]));
    const view = new Uint8Array(await files[name].arrayBuffer());
    const larger = new Uint8Array(view.length + 999).fill(7);
    larger.set(view, 500);
    const inputs = [files[name], new File([view], 'named.txt'), larger.subarray(500, 500 + view.length), { name: 'a.csv', bytes: view }, { samplesMv, sampleRateHz, lead: 'I' }, { samplesMv: Array.from(samplesMv), sampleRateHz, lead: 'I' }];
    const answers = await Promise.all(inputs.map((input) => ecg.classifyStrip(input)));
    return { outcomes: answers.map(({ outcome }) => outcome), length: [samplesMv.length, ...answers.map(({ strip: read }) => read.samplesMv.length)] };
  }, strip);
  assert.equal(new Set(length).size, 1);
  for (const outcome of outcomes) {
    assert.equal(outcome.status, 'ok');
    assert.equal(outcome.lead, 'I');
    assert.deepEqual(outcome.scores, outcomes[0].scores);
  }
});

test('a file is inspected without being classified', { timeout: PATIENCE_MS }, async () => {
  const found = await page.evaluate(async ([stripName, printoutName]) => {
    const bare = new Blob([Array.from({ length: 3000 }, (_, i) => Math.sin(i / 9).toFixed(3)).join('\n')]);
    const inputs = [files[stripName], files[printoutName], bare, { samplesMv: new Float32Array(500), sampleRateHz: 250, lead: 'V2' }];
    return Promise.all(inputs.map((input) => ecg.inspect(input)));
  }, [strip, printout]);
  assert.deepEqual(found[0], { kind: 'strip', format: 'table', sampleRateHz: 250, durationS: found[0].durationS, leads: ['I'], issues: [] });
  assert.ok(found[0].durationS >= 9.9);
  assert.equal(found[1].kind, 'printout');
  assert.equal(found[1].format, 'jpg');
  assert.ok(found[1].widthPx > 500 && found[1].heightPx > 500);
  assert.deepEqual(found[2], { kind: 'strip', format: 'table', sampleRateHz: null, durationS: null, leads: ['unknown'], issues: [] });
  assert.deepEqual([found[3].sampleRateHz, found[3].durationS, found[3].leads], [250, 2, ['V2']]);
});

test('header and signals of one recording are read together', { timeout: PATIENCE_MS }, async () => {
  const { found, outcome, alone } = await page.evaluate(async (name) => {
    const rows = (await files[name].text()).split('\n').filter((line) => /^[\d.]+,/.test(line));
    const steps = Int16Array.from(rows, (row) => Number(row.split(',')[1]) * 1000);
    const checksum = (steps.reduce((sum, step) => sum + step, 0) << 16) >> 16;
    const header = { name: 'rec.hea', bytes: new TextEncoder().encode(`rec 1 250 ${steps.length}\nrec.dat 16 1000/mV 16 0 ${steps[0]} ${checksum} 0 II\n`) };
    const pair = [header, new File([steps], 'rec.dat')];
    return { found: await ecg.inspect(pair), outcome: (await ecg.classifyStrip(pair)).outcome, alone: await caught(ecg.classifyStrip(pair[1])) };
  }, strip);
  assert.deepEqual([found.format, found.sampleRateHz, found.leads], ['wfdb', 250, ['II']]);
  assert.deepEqual([outcome.status, outcome.lead], ['ok', 'II']);
  assert.equal(alone.code, 'UNSUPPORTED_FORMAT');
  assert.match(alone.message, /\.hea/);
});

test('what can’t be read is an error with a code, what is no ECG an outcome', { timeout: PATIENCE_MS }, async () => {
  const heard = await page.evaluate(async ([name, cat]) => ({
    noise: await caught(ecg.classifyStrip(new Blob(['Dear doctor,\nthis is a letter.\n']))),
    empty: await caught(ecg.classifyImage(new ArrayBuffer(0))),
    oneLead: await caught(ecg.explain({ windows: [] })),
    truncated: await caught(ecg.classifyImage((await files[name].arrayBuffer()).slice(0, 5000))),
    otherKind: await caught(ecg.classifyStrip(files[name])),
    inspected: await caught(ecg.inspect(new Uint8Array([7, 0, 9, 200, 1]))),
    gap: await caught(ecg.classifyStrip({ samplesMv: [0, NaN], sampleRateHz: 250 })),
    address: await caught(ecg.classifyImage('https://example.org/ecg.png')),
    cat: await caught(ecg.classifyImage(new Uint8Array(cat))),
    short: await caught(ecg.classifyStrip({ samplesMv: new Float32Array(300), sampleRateHz: 250 })),
  }), [printout, [...catPng()]]);
  const codes = { noise: 'UNSUPPORTED_FORMAT', empty: 'DECODE', truncated: 'DECODE', oneLead: 'DECODE', otherKind: 'UNSUPPORTED_FORMAT', inspected: 'UNSUPPORTED_FORMAT', gap: 'DECODE' };
  for (const [name, code] of Object.entries(codes)) {
    assert.equal(heard[name].code, code, name);
    assert.ok(heard[name].typed && heard[name].message && heard[name].hint, name);
  }
  assert.equal(heard.address.kind, 'TypeError');
  for (const name of ['cat', 'short']) {
    const { outcome } = heard[name].value;
    assert.equal(outcome.status, 'rejected', name);
    assert.ok(outcome.issues.some(({ severity }) => severity === 'reject'), name);
  }
});

test('what the engine returns is what the types declare', { timeout: PATIENCE_MS }, async () => {
  const source = await page.evaluate(async ([stripName, printoutName]) => {
    /** A value as TypeScript would write it; the content of arrays of numbers doesn't matter. */
    const written = (value) => {
      if (ArrayBuffer.isView(value)) return `new ${value.constructor.name}()`;
      if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
      if (value === null || typeof value !== 'object') return JSON.stringify(value);
      return `{${Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${written(member)}`).join(', ')}}`;
    };
    const page = { corners: [[0, 0], [2000, 0], [2000, 1400], [0, 1400]], paper: { width_mm: 297, height_mm: 210 } };
    const answers = [
      ['ImageAnswer', await ecg.classifyImage(files[printoutName])],
      ['ImageAnswer', await ecg.classifyImage(files[printoutName], { layout: { speed_mm_s: 50, gain_mm_mv: 5 } })],
      ['ImageAnswer', await ecg.classifyImage(files[printoutName], { rectify: page })],
      ['StripAnswer', await ecg.classifyStrip(files[stripName])],
      ['StripAnswer', await ecg.classifyStrip({ samplesMv: new Float32Array(300), sampleRateHz: 250 })],
      ['Inspection', await ecg.inspect(files[stripName])],
      ['Inspection', await ecg.inspect(files[printoutName])],
      ['Explanation', await ecg.explain(await ecg.classifyImage(files[printoutName]))],
      ['Info', ecg.info()],
    ];
    return answers.map(([type, answer], index) => `export const answer${index}: types.${type} = ${written(answer)};`).join('\n');
  }, [strip, printout]);
  assert.match(source, /"by_person": \[/);
  assert.match(source, /"heart_rate_bpm": \{/);
  const file = join(folder, PATH, 'answers.ts');
  const check = async (text) => {
    await writeFile(file, `import type * as types from './inkbeat/index.js';\n${text}\n`);
    return complaints([file]);
  };
  assert.deepEqual(await check(source), []);
  // The comparison itself must notice a field too many, one too few and a word that isn't declared.
  for (const change of [['"band": ', '"grade": 1, "band": '], ['"timings_ms": ', '"timings": '], ['"kind": "strip"', '"kind": "trace"']]) {
    assert.ok((await check(source.replace(...change))).length > 0, change[1]);
  }
});

test('nothing was requested after loading, and nothing ever elsewhere', () => {
  assert.deepEqual(opened.requests.slice(loadedRequests), []);
  assert.deepEqual(opened.requests.filter((url) => !url.startsWith(`${opened.origin}${PATH}`)), []);
});

test('an abort takes effect at once, in turn or in line, and the next reading works', { timeout: PATIENCE_MS }, async (t) => {
  const { running, waiting, before, early, tooEarly, next } = await page.evaluate(async (name) => {
    const [first, second] = [new AbortController(), new AbortController()];
    let stopAt;
    const reading = caught(ecg.classifyImage(files[name], {
      signal: first.signal,
      onStage: (stage) => stage === 'rectify' && setTimeout(() => {
        stopAt = performance.now();
        second.abort();
        first.abort(new Error('enough'));
      }, 50),
    }));
    const inLine = caught(ecg.classifyImage(files[name], { signal: second.signal }));
    const [stopped, never] = await Promise.all([reading, inLine]);
    return {
      running: { ...stopped, ms: stopped.at - stopAt },
      waiting: { ...never, ms: never.at - stopAt },
      before: await caught(ecg.inspect(files[name], { signal: AbortSignal.abort() })),
      early: await caught(createEcg({ device: 'cpu', signal: AbortSignal.timeout(1) })),
      tooEarly: await caught(createEcg({ signal: AbortSignal.abort() })),
      next: (await ecg.classifyImage(files[name])).outcome.status,
    };
  }, printout);
  for (const error of [running, waiting, before, early, tooEarly]) {
    assert.equal(error.code, 'ABORTED');
    assert.ok(error.typed);
  }
  t.diagnostic(`stopped after ${running.ms.toFixed(1)} ms`);
  assert.ok(running.ms < MOST_MS_TO_STOP, `${running.ms} ms`);
  assert.ok(waiting.ms < MOST_MS_TO_STOP, `${waiting.ms} ms`);
  assert.equal(next, 'ok');
});

test('info and probe say what reads, with which weights, and why', { timeout: PATIENCE_MS }, async () => {
  const { info, settled, automatic, chosen, asked, wrong, steps } = await page.evaluate(async () => {
    const free = await createEcg();
    const chosen = await free.settled();
    free.dispose();
    return {
      info: ecg.info(),
      settled: await ecg.settled(),
      automatic: await probe(),
      chosen,
      asked: await probe({ device: 'cpu' }),
      wrong: await caught(createEcg({ device: 'tpu' })),
      steps: progress,
    };
  });
  assert.equal(info.device, 'cpu');
  assert.equal(settled.isSettled, true);
  assert.deepEqual(info.models.map(({ name }) => name).sort(), ['image-student', 'lead-student', 'tracing-student']);
  for (const { name, sha256, selfTestDeviation } of info.models) {
    const manifest = JSON.parse(await readFile(join(SITE, 'models', `${name}.json`), 'utf8'));
    assert.equal(sha256, manifest.sha256);
    assert.ok(selfTestDeviation < 1e-3);
  }
  assert.deepEqual([chosen.device, chosen.fallbackReason], [automatic.device, automatic.reason]);
  assert.equal(automatic.device, 'cpu');
  assert.match(automatic.reason, /graphics card|WebGPU/);
  assert.equal(asked.device, 'cpu');
  assert.equal(wrong.kind, 'TypeError');
  assert.deepEqual([...new Set(steps.map(({ stage }) => stage))], ['download', 'check', 'weights']);
});

test('another folder can hold program and weights', { timeout: PATIENCE_MS }, async (t) => {
  const elsewhere = await opened.context.newPage();
  t.after(() => elsewhere.close());
  await elsewhere.goto(`${opened.origin}${PATH}samples/index.json`);
  await elsewhere.route('**/start-page/**', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
  const { device, missing, startPage } = await elsewhere.evaluate(async (base) => {
    const { createEcg } = await import(`${base}inkbeat/index.js`);
    const moved = await createEcg({ device: 'cpu', baseUrl: '../inkbeat', workerUrl: '../inkbeat/engine/worker.js' });
    const codeFrom = (baseUrl) => createEcg({ device: 'cpu', baseUrl }).then(() => null, ({ code }) => code);
    const answer = moved.info().device;
    moved.dispose();
    return { device: answer, missing: await codeFrom('../nowhere/'), startPage: await codeFrom('../start-page/') };
  }, `${opened.origin}${PATH}`);
  assert.equal(device, 'cpu');
  assert.deepEqual([missing, startPage], ['INTEGRITY', 'INTEGRITY']);
});

test('once disposed of, it reads nothing more', { timeout: PATIENCE_MS }, async () => {
  const { running, later } = await page.evaluate(async (name) => {
    const stopping = caught(ecg.classifyImage(files[name], { onStage: (stage) => stage === 'rectify' && ecg.dispose() }));
    return { running: await stopping, later: await caught(ecg.classifyStrip(files[name])) };
  }, printout);
  for (const error of [running, later]) {
    assert.equal(error.code, 'ABORTED');
    assert.match(error.message, /disposed/);
  }
});

test('the app complained about nothing', () => {
  // The folder that doesn't exist was asked for on another page.
  assert.deepEqual(opened.problems, []);
});
