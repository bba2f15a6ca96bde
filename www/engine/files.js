// The bytes of files, as the engine takes them.

import { problem } from './sentences.js';

// Room for a 64-megapixel picture, the most that is decoded; more would only exhaust the tab's memory.
const MAX_BYTES = 256 * 1024 * 1024;
const CANVAS_PIXELS = 16_000_000; // What every phone's canvas can hold.

/** The bytes of each file; rejects with `{code, message, hint}` if one is too large or unreadable. */
export async function readBytes(files) {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_BYTES) {
    const [megabytes, most] = [total, MAX_BYTES].map((bytes) => Math.round(bytes / 1048576));
    throw problem('TOO_LARGE', { message: 'page.bytes', hint: 'hint.TOO_LARGE', megabytes, most });
  }
  try {
    return await Promise.all(files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })));
  } catch {
    throw problem('DECODE', { message: 'page.unopened', hint: 'page.unopenedHint' });
  }
}

/**
 * A picture of a kind that only the browser can decode (HEIC in Safari, AVIF), as PNG; `null` if it can't either.
 * Other kinds go to the engine untouched.
 */
export async function convertPicture({ name, bytes }) {
  const brand = String.fromCharCode(...bytes.subarray(4, 12));
  if (!/^ftyp(hei|hev|mif|msf|avi)/.test(brand)) return null;
  try {
    return await asPng(name, await createImageBitmap(new Blob([bytes])));
  } catch {
    return null;
  }
}

/** A picture that is decoded already, as the engine can read it. */
export async function asPng(name, source) {
  const bitmap = source instanceof ImageData ? await createImageBitmap(source) : source;
  // A phone's 48 megapixels don't fit a canvas of that phone; what is left of them shows every square of the grid.
  const scale = Math.min(1, Math.sqrt(CANVAS_PIXELS / (bitmap.width * bitmap.height)));
  const canvas = new OffscreenCanvas(Math.floor(bitmap.width * scale), Math.floor(bitmap.height * scale));
  const pen = canvas.getContext('2d');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const png = await canvas.convertToBlob({ type: 'image/png' });
  return { name, bytes: new Uint8Array(await png.arrayBuffer()) };
}
