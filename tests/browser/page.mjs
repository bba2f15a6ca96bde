// Opens the page in a real browser and watches everything it asks for and complains about.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { serve } from '../serve.mjs';

/** The page as it lies in the repository. */
export const SITE = fileURLToPath(new URL('../../www', import.meta.url));
const QUIET_BROWSER = [
  '--no-sandbox', // The checks may run as root in a container, where the sandbox can't.
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Without a graphics card these give an emulated one, slow but computing the same way. */
export const WITH_WEBGPU = ['--enable-unsafe-webgpu'];
export const WITHOUT_GPU = ['--disable-gpu'];

/** Long enough for a busy machine; a hang still ends. */
export const PATIENCE_MS = 240_000;
/** The same with an emulated graphics card, which compiles and runs everything on the processor. */
export const EMULATED_PATIENCE_MS = 540_000;

/**
 * A browser before a page of what lies in the folder `site`, not yet opened.
 * - `context`: the browser's context, for further pages and for going offline
 * - `problems`: console errors and uncaught exceptions
 * - `requests`: every address asked for over the network, in order, by the page and its workers
 * - `stopServer()`: leaves the browser without anything to ask
 * - `close()`: ends browser and server
 */
export async function openBrowser({
  site,
  args = WITHOUT_GPU,
  viewport = { width: 1280, height: 800 },
  context: contextOptions = {},
  patienceMs = PATIENCE_MS,
}) {
  const server = await serve(site);
  const executablePath = process.env.INKBEAT_CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: [...QUIET_BROWSER, ...args] });
  const context = await browser.newContext({ viewport, ...contextOptions });
  context.setDefaultTimeout(patienceMs);
  const page = await context.newPage();
  const problems = [];
  const requests = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  context.on('request', (request) => request.url().startsWith('http') && requests.push(request.url()));
  const close = async () => {
    await browser.close();
    await server.close();
  };
  return { page, context, origin: server.url, problems, requests, stopServer: server.close, close };
}

/**
 * Inkbeat's page, opened: `www/`, or what lies in the folder `site` below `path`, and everything loaded, or all that `states`
 * asks for. Besides what `openBrowser` gives:
 * - `ready`: detail of `inkbeat:ready`, or null if there was none
 * - `outcomeOf(act)`: runs `act` and resolves to the detail of the next `inkbeat:outcome`
 */
export async function openPage({ site = SITE, path = '', query = '', prepare = async () => {}, states = ['ready', 'failed'], ...browserOptions } = {}) {
  const opened = await openBrowser({ site, ...browserOptions });
  const { page, origin, close } = opened;
  await page.addInitScript(() => {
    globalThis.heard = { ready: [], outcomes: [] };
    document.addEventListener('inkbeat:ready', ({ detail }) => globalThis.heard.ready.push(detail));
    document.addEventListener('inkbeat:outcome', ({ detail }) => globalThis.heard.outcomes.push(detail));
  });
  await prepare(page);
  await page.goto(origin + path + query);

  const outcomeOf = async (act) => {
    const before = await page.evaluate(() => globalThis.heard.outcomes.length);
    await act();
    await page.waitForFunction((count) => globalThis.heard.outcomes.length > count, before);
    return page.evaluate((index) => globalThis.heard.outcomes[index], before);
  };
  try {
    await page.waitForFunction((wanted) => wanted.includes(document.documentElement.dataset.state), states);
    const ready = await page.evaluate(() => globalThis.heard.ready[0] ?? null);
    return { ...opened, ready, outcomeOf };
  } catch (error) {
    await close();
    throw error;
  }
}

/** That a file was refused with this code and these sentences, and that the page shows them. */
export async function assertExplained(page, outcome, { title, code, message, hint = /./ }) {
  assert.equal(outcome.code, code, `${title}: ${JSON.stringify(outcome).slice(0, 300)}`);
  assert.match(outcome.message, message, title);
  assert.match(outcome.hint, hint, title);
  await assertShown(page, [outcome.message, outcome.hint]);
}

/** That the result shows all of `words`. */
export async function assertShown(page, words) {
  const shown = await page.textContent('#result');
  for (const text of words) assert.ok(shown.includes(text), `“${text}” is shown`);
}

/** The gallery's index, as the page reads it. */
export async function readSamples() {
  return JSON.parse(await readFile(`${SITE}/samples/index.json`, 'utf8'));
}

/** The bytes of one of the gallery's files. */
export async function readSample(file) {
  return readFile(`${SITE}/samples/${file}`);
}
