// Counts the network requests of this page and its workers, so that "never leaves your device" can be checked.

import { byId } from './dom.js';

let count = 0;
let since = Infinity;

/** Starts at zero; what was loaded up to now was the page itself. */
export function startCounting() {
  since = now();
}

/** Adds requests by their times (ms since 1970); workers report theirs, as they keep timelines of their own. */
export function addRequests(times) {
  count += times.filter((time) => time > since).length;
  byId('request-count').textContent = String(count);
}

new PerformanceObserver((list) => {
  // Previews are blob: addresses, which never touch the network.
  const requests = list.getEntries().filter(({ name }) => name.startsWith('http'));
  addRequests(requests.map(({ startTime }) => performance.timeOrigin + startTime));
}).observe({ type: 'resource' });

function now() {
  return performance.timeOrigin + performance.now();
}
