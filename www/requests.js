// Counts the network requests of this page and its workers, so that "never leaves your device" can be checked.

import { byId } from './dom.js';

/** What the page fetches only when it is wanted: another language, what reads PDFs and HEIC, and weights that failed to arrive at first. */
const OWN_PARTS = ['language/', 'pdf/', 'pkg/pdf/', 'heic/', 'pkg/heic/', 'models/'].map((folder) => new URL(folder, import.meta.url).href);

let count = 0;
let others = 0;
let since = Infinity;

/** Starts at zero; what was loaded up to now was the page itself. */
export function startCounting() {
  since = now();
}

/** Adds requests by their times (ms since 1970); workers report theirs, as they keep timelines of their own. */
export function addRequests(times) {
  add(times.map((time) => ({ time, name: '' })));
}

/**
 * Adds requests of a worker that only fetches parts of the page.
 * @param {{name: string, time: number}[]} requests addresses and times (ms since 1970)
 */
export function addNamedRequests(requests) {
  add(requests.filter(({ name }) => name.startsWith('http')));
}

new PerformanceObserver((list) => {
  // Previews are blob: addresses, which never touch the network.
  const requests = list.getEntries().filter(({ name }) => name.startsWith('http'));
  add(requests.map(({ name, startTime }) => ({ name, time: performance.timeOrigin + startTime })));
}).observe({ type: 'resource' });

function add(requests) {
  const counted = requests.filter(({ time }) => time > since);
  count += counted.length;
  others += counted.filter(({ name }) => !isOwnPart(name)).length;
  byId('request-count').textContent = String(count);
  byId('request-parts').hidden = count === 0 || others > 0;
}

/** A question behind the address could carry something of the ECG away. */
function isOwnPart(address) {
  return !/[?#]/.test(address) && OWN_PARTS.some((folder) => address.startsWith(folder));
}

function now() {
  return performance.timeOrigin + performance.now();
}
