// How many bytes a first visit costs: until the page can be used, until every network is there, and what is then kept for
// opening without a connection.
//
//   node tests/bench/first-load.mjs [FOLDER]        (after ./build.sh dist; the folder is dist/ unless another is named)
//
// The page is opened in Chromium, on the processor, and each file that it asks for is counted as a host sends it that
// compresses text and WebAssembly: with brotli, and with gzip. Weights and pictures count as they are: hosts leave them alone.

import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { openPage } from '../browser/page.mjs';

const COMPRESSED = ['.css', '.csv', '.html', '.js', '.json', '.svg', '.txt', '.wasm', '.webmanifest'];

/** What the page asks for without waiting for it. */
const AFTERWARDS = /\/(models|samples)\//;

const folder = process.argv[2] ?? 'dist';
const totals = [0, 0, 0];
const counted = new Set();
await count('until it can be used', await filesUntil('usable', (page) => page.route(AFTERWARDS, () => {}))); // Which it must reach without them.
await count('until every network and sample is there, as well', await filesUntil('ready', () => {}));
await count('kept for opening offline, as well', await keptFiles());
console.log(`together: ${said(totals)}`);

/** The files that a page asks for, in a fresh browser, until it is in this state. */
async function filesUntil(state, alter) {
  const paths = [];
  const prepare = async (page) => {
    page.context().on('request', (request) => request.url().startsWith('http') && !request.serviceWorker() && paths.push(pathOf(request)));
    await alter(page);
  };
  const { close } = await openPage({ site: folder, query: '?device=cpu', prepare, states: [state] });
  await close();
  return state === 'usable' ? paths.filter((path) => !AFTERWARDS.test(`/${path}`)) : paths;
}

function pathOf(request) {
  return decodeURIComponent(new URL(request.url()).pathname.slice(1)) || 'index.html';
}

/** What the sealed page's service worker keeps at once. */
async function keptFiles() {
  const [, list] = /const FILES = (\{[^]*?\n\});/.exec(await readFile(join(folder, 'service-worker.js'), 'utf8'));
  return ['service-worker.js', ...Object.entries(JSON.parse(list)).flatMap(([path, { later: isLater }]) => (isLater ? [] : [path]))];
}

/** Prints how large those of the files are that haven't been counted yet, and the largest of them. */
async function count(title, paths) {
  const fresh = [...new Set(paths)].filter((path) => !counted.has(path));
  for (const path of fresh) counted.add(path);
  const files = await Promise.all(fresh.map(async (path) => ({ path, bytes: await sizes(path) })));
  const sums = [0, 1, 2].map((index) => files.reduce((sum, { bytes }) => sum + bytes[index], 0));
  sums.forEach((sum, index) => (totals[index] += sum));
  console.log(`${title}: ${files.length} files, ${said(sums)}`);
  const largest = files.sort((one, other) => other.bytes[0] - one.bytes[0]).slice(0, 3);
  for (const { path, bytes } of largest) console.log(`    ${path}: ${said(bytes)}`);
}

/** Bytes with brotli, with gzip, and as they lie there. */
async function sizes(path) {
  const bytes = await readFile(join(folder, path));
  if (!COMPRESSED.includes(extname(path))) return [bytes.length, bytes.length, bytes.length];
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  return [brotli.length, gzipSync(bytes, { level: 9 }).length, bytes.length];
}

function said(sums) {
  const [brotli, gzip, plain] = sums.map((bytes) => `${(bytes / 1e6).toFixed(2)} MB`);
  return `${brotli} with brotli, ${gzip} with gzip, ${plain} as they are`;
}
