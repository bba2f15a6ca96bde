// Whether this browser has a graphics card worth using, said in words where it hasn't.

/** 'auto', 'cpu' or 'webgpu', from `?device=`. */
export function wantedDevice(search) {
  const wanted = new URLSearchParams(search).get('device');
  return ['cpu', 'webgpu'].includes(wanted) ? wanted : 'auto';
}

/**
 * Why WebGPU can't be used, or `null` if it can. Asked before the engine is touched, because browsers
 * without a usable adapter fail obscurely inside it.
 * @param {boolean} forced also take an emulated adapter (for tests)
 */
export async function obstacleToWebGpu(forced) {
  if (!navigator.gpu) return 'this browser does not offer WebGPU';
  if (!forced && navigator.connection?.saveData) return 'data saving is on, and the graphics version is a larger download';
  let adapter;
  try {
    adapter = await navigator.gpu.requestAdapter();
  } catch {
    adapter = null;
  }
  if (!adapter) return 'this browser found no usable graphics card';
  if (!forced && isEmulated(adapter)) return 'the graphics card is only emulated here, which is slower than the processor';
  return null;
}

function isEmulated(adapter) {
  const { isFallbackAdapter, architecture } = adapter.info ?? {};
  return Boolean(isFallbackAdapter ?? adapter.isFallbackAdapter) || architecture === 'swiftshader';
}
