// Whether this browser has a graphics card worth using, said in (English) words where it hasn't.

import { inEnglish } from './sentences.js';

/**
 * Why WebGPU can't be used, or `null` if it can. Asked before the engine is touched, because browsers
 * without a usable adapter fail obscurely inside it.
 * @param {boolean} forced also take an emulated adapter (for tests)
 */
export async function obstacleToWebGpu(forced) {
  if (!navigator.gpu) return inEnglish('card.noWebGpu');
  if (!forced && navigator.connection?.saveData) return inEnglish('card.saveData');
  let adapter;
  try {
    adapter = await navigator.gpu.requestAdapter();
  } catch {
    adapter = null;
  }
  if (!adapter) return inEnglish('card.noAdapter');
  if (!forced && isEmulated(adapter)) return inEnglish('card.emulated');
  return null;
}

function isEmulated(adapter) {
  const { isFallbackAdapter, architecture } = adapter.info ?? {};
  return Boolean(isFallbackAdapter ?? adapter.isFallbackAdapter) || architecture === 'swiftshader';
}
