// The package's door. `engine/`, `pkg/` and `models/` lie beside this file once it is packed (tools/pack-npm.mjs).

import { obstacleToWebGpu } from './engine/device.js';
import { locations } from './engine/locations.js';
import { Reader } from './engine/reader.js';
import { Ecg } from './ecg.js';
import { aborted, asEcgError } from './errors.js';
import { isolated } from './callbacks.js';

export { EcgError } from './errors.js';

const DEVICES = ['auto', 'cpu', 'webgpu'];

/** Loads program and weights, tests them on this device, and resolves to an `Ecg`. */
export async function createEcg({ device = 'auto', baseUrl, workerUrl, onProgress, signal } = {}) {
  checkDevice(device);
  if (signal?.aborted) throw aborted(signal);
  const listen = { onLoading: isolated(onProgress), onRequests: () => {} };
  const reader = new Reader(device, listen, locations({ baseUrl, workerUrl }));
  let onAbort;
  const givenUp = new Promise((_, reject) => {
    onAbort = () => {
      reject(aborted(signal));
      reader.dispose();
    };
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([ready(reader), givenUp]);
    return new Ecg(reader);
  } catch (error) {
    reader.dispose();
    throw asEcgError(error);
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Which device would be tried, and why; loads nothing. */
export async function probe({ device = 'auto' } = {}) {
  checkDevice(device);
  if (device === 'cpu') return { device: 'cpu', reason: 'the processor was asked for' };
  const obstacle = await obstacleToWebGpu(device === 'webgpu');
  if (obstacle) return { device: 'cpu', reason: obstacle };
  const provided = device === 'webgpu' ? '' : ' and is no slower than the processor';
  return { device: 'webgpu', reason: `a graphics card was found; it is used if it passes the self-test${provided}` };
}

async function ready(reader) {
  await reader.load();
  await reader.complete(); // Whoever asks for a reader wants to read, and hears here what is missing.
  if (reader.waitsForDevice) await reader.settled();
}

function checkDevice(device) {
  if (!DEVICES.includes(device)) throw new TypeError(`device is one of ${DEVICES.join(', ')}`);
}
