// Keeping the page on the device: the service worker, the notice of a new version, and files shared by other apps.
// Only a sealed page (`./build.sh dist`) has a service worker; while it is developed, files change under one version.

import { byId, element } from './dom.js';
import { onLanguage, say } from './language/language.js';

const SHARED = 'shared'; // In the address after another app shared a file.

/** Resolves once a version is kept, or can't be. A newer one is fetched meanwhile, and offered when it is complete. */
export async function keepPage() {
  const sealed = document.querySelector('meta[name="inkbeat-sealed"]').content !== '';
  if (!sealed || !('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register(new URL('service-worker.js', import.meta.url), { updateViaCache: 'none' });
    watchForUpdates(registration);
    const first = registration.active ? null : registration.installing;
    await finished(first);
    if (first?.state !== 'redundant') byId('kept').hidden = false;
  } catch {
    // A browser that keeps nothing (private windows, some policies) still reads ECGs.
  }
}

/** The files that another app shared with the page as it opened; none otherwise. */
export async function sharedFiles() {
  const address = new URL(location.href);
  if (!address.searchParams.has(SHARED)) return [];
  address.searchParams.delete(SHARED);
  history.replaceState(null, '', address);
  const worker = navigator.serviceWorker?.controller;
  if (!worker) return [];
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => port1.addEventListener('message', ({ data }) => resolve(data), { once: true }));
  port1.start();
  worker.postMessage(SHARED, [port2]);
  return answer;
}

function watchForUpdates(registration) {
  const offer = async (worker) => {
    await finished(worker);
    // The very first version is no update.
    if (worker.state === 'installed' && navigator.serviceWorker.controller) offerUpdate(worker);
  };
  if (registration.waiting) offer(registration.waiting);
  registration.addEventListener('updatefound', () => offer(registration.installing));
}

/** Resolves when a worker is past its installation. */
function finished(worker) {
  return new Promise((resolve) => {
    const check = () => worker && worker.state === 'installing' ? undefined : resolve();
    worker?.addEventListener('statechange', check);
    check();
  });
}

function offerUpdate(worker) {
  const notice = byId('update');
  const draw = () => {
    const now = element('button', { type: 'button', class: 'button primary', id: 'update-now' }, say('offline.updateNow'));
    now.addEventListener('click', () => {
      navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
      worker.postMessage('update');
    });
    const later = element('button', { type: 'button', class: 'button' }, say('offline.later'));
    later.addEventListener('click', () => (notice.hidden = true));
    notice.replaceChildren(element('p', {}, say('offline.update')), element('div', { class: 'buttons' }, now, later));
  };
  onLanguage(draw);
  draw();
  notice.hidden = false;
}
