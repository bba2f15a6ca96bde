// Decodes HEIC pictures with libheif. A worker, so that it can be stopped whatever a file does to it; a classic one, because
// libheif.js is a classic script and stays as it was published.
//
// Request: {module, bytes, mostPixels}, answered by one of
//   {pixels: {width, height, rgba}} | {tooLarge: {width, height}} | {error: {code, subcode}} as libheif has them | {crash: message}
// Before that, once: {requests: [{name, time}]}, as libheif.js is loaded

/* global libheif */

const COLORSPACE_RGB = 1;
const CHROMA_RGBA = 11;
const CHANNEL_INTERLEAVED = 10;
/** Where `heif_decoding_options` has its switch, since version 3 of that structure. */
const STRICT_DECODING_OFFSET = 21;

importScripts(new URL('../pkg/heic/libheif.js', self.location.href).href);
const requests = performance.getEntriesByType('resource').map(({ name, startTime }) => ({ name, time: performance.timeOrigin + startTime }));
self.postMessage({ requests });

self.addEventListener('message', ({ data }) => {
  let answer;
  try {
    answer = decoded(data);
  } catch (error) {
    answer = { crash: String(error?.message ?? error) };
  }
  self.postMessage(answer, answer.pixels ? [answer.pixels.rgba.buffer] : []);
});

/** The primary picture of a file, upright. Every file has an instance of its own, which goes with all its memory. */
function decoded({ module, bytes, mostPixels }) {
  const heif = libheif({
    instantiateWasm: (imports, receive) => receive(new WebAssembly.Instance(module, imports)),
    print: () => {},
    printErr: () => {},
  });
  const word = (place) => heif.HEAPU32[place / 4];
  const [error, found] = [heif._malloc(12), heif._malloc(4)];
  /** Calls a function that reports by `error` and gives what it found, if anything, by `found`. */
  const done = (name, ...values) => {
    heif[name](error, ...values);
    return word(error) === 0;
  };
  const failed = () => ({ error: { code: word(error), subcode: word(error + 4) } });

  const file = heif._malloc(bytes.length);
  heif.HEAPU8.set(bytes, file);
  const context = heif._heif_context_alloc();
  heif._heif_context_set_maximum_image_size_limit(context, Math.floor(Math.sqrt(mostPixels)));
  if (!done('_heif_context_read_from_memory', context, file, bytes.length, 0)) return failed();
  if (!done('_heif_context_get_primary_image_handle', context, found)) return failed();
  const handle = word(found);
  const [width, height] = [heif._heif_image_handle_get_width(handle), heif._heif_image_handle_get_height(handle)];
  if (width * height > mostPixels) return { tooLarge: { width, height } };
  const options = heif._heif_decoding_options_alloc();
  heif.HEAPU8[options + STRICT_DECODING_OFFSET] = 1; // Otherwise what is missing of a picture is left blank.
  if (!done('_heif_decode_image', handle, found, COLORSPACE_RGB, CHROMA_RGBA, options)) return failed();
  const plane = heif._heif_image_get_plane_readonly(word(found), CHANNEL_INTERLEAVED, found);
  return { pixels: { width, height, rgba: rows(heif.HEAPU8, plane, word(found), width, height) } };
}

/** Pixels without what libheif leaves between their rows. */
function rows(memory, plane, stride, width, height) {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < height; row += 1) {
    const start = plane + row * stride;
    rgba.set(memory.subarray(start, start + 4 * width), 4 * row * width);
  }
  return rgba;
}
