// Keeps one complete version of the page on the device, so that it opens without a connection; hands over files that
// other apps share. `tools/seal.mjs` fills in version and files when the page is packed; unsealed, it keeps nothing.

const VERSION = 'unsealed';
/** Paths of this version's files with their SHA-256; what is fetched only on some devices is marked `later`. */
const FILES = {};

const CACHE = `inkbeat-${VERSION}`;
const KEPT_HEADERS = ['content-type', 'content-security-policy', 'referrer-policy', 'x-content-type-options'];
/** How long a shared file waits in memory for the page that opens with it. */
const SHARED_MS = 20_000;

let shared = null;

self.addEventListener('install', (event) => event.waitUntil(keepAll()));

self.addEventListener('activate', (event) => event.waitUntil(takeOver()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method === 'POST' && url.searchParams.has('share') && pathOf(url) === 'index.html') {
    event.respondWith(receiveShare(event));
    return;
  }
  if (request.method !== 'GET' || !(pathOf(url) in FILES)) return;
  event.respondWith(answer(pathOf(url), request));
});

self.addEventListener('message', (event) => {
  if (event.data === 'update') self.skipWaiting();
  if (event.data === 'shared') {
    event.ports[0].postMessage(shared?.files ?? []);
    shared?.taken();
    shared = null;
  }
});

/** Fills this version's cache; fails as a whole, so that a half copied site is never kept. */
async function keepAll() {
  const cache = await caches.open(CACHE);
  const wanted = Object.keys(FILES).filter((path) => !FILES[path].later);
  await Promise.all(wanted.map(async (path) => cache.put(addressOf(path), await genuine(path))));
}

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith('inkbeat-') && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** A file of this version: the kept copy, or a fresh one that is kept from now on; where the page asks anew, the kept one was no good. */
async function answer(path, request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(addressOf(path));
  if (kept && request.cache !== 'reload') return kept;
  try {
    const fresh = await genuine(path);
    await cache.put(addressOf(path), fresh.clone());
    return fresh;
  } catch {
    return fetch(request);
  }
}

/** The file with this version's hash: from an older version's cache, or from the network. */
async function genuine(path) {
  const attempts = [
    () => caches.match(addressOf(path)),
    () => fetch(addressOf(path), { credentials: 'omit' }),
    () => fetch(addressOf(path), { credentials: 'omit', cache: 'reload' }), // The browser's own cache may hold an older one.
  ];
  for (const attempt of attempts) {
    const response = await attempt().catch(() => null);
    if (!response?.ok) continue;
    const bytes = await response.arrayBuffer();
    if ((await sha256(bytes)) === FILES[path].sha256) return new Response(bytes, { headers: keptHeaders(response, bytes) });
  }
  throw new Error(`${path} can't be had`);
}

/** Only what the page needs: a redirected or compressed answer must not look like one when it comes from here. */
function keptHeaders({ headers }, bytes) {
  const kept = KEPT_HEADERS.filter((name) => headers.has(name)).map((name) => [name, headers.get(name)]);
  return [...kept, ['content-length', String(bytes.byteLength)]];
}

async function receiveShare(event) {
  const form = await event.request.formData();
  const files = form.getAll('ecg').filter((entry) => entry instanceof File);
  const waiting = new Promise((taken) => {
    shared = { files, taken };
    setTimeout(taken, SHARED_MS);
  });
  event.waitUntil(waiting);
  return Response.redirect(`${self.registration.scope}?shared`, 303);
}

/** `https://host/inkbeat/?lang=de` → `index.html`: the path that FILES knows, or one it doesn't. */
function pathOf({ href }) {
  const bare = href.split(/[?#]/, 1)[0];
  if (!bare.startsWith(self.registration.scope)) return '';
  return decodeURIComponent(bare.slice(self.registration.scope.length)) || 'index.html';
}

/** The page itself is asked for by its folder: some hosts redirect `index.html`. */
function addressOf(path) {
  return path === 'index.html' ? self.registration.scope : new URL(path, self.registration.scope).href;
}

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
