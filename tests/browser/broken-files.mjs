// Files that must not be read, built here so that none has to be kept.

import { crc32, deflateSync } from 'node:zlib';

/** An RGB PNG; `colour(x, y)` gives `[r, g, b]`. */
export function png(width, height, colour) {
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) rows.set(colour(x, y), y * (1 + width * 3) + 1 + x * 3);
  }
  return pngFile(width, height, deflateSync(rows));
}

/** A PNG that announces 30,000 × 30,000 pixels, which would take gigabytes, in a few bytes. */
export function giantPng() {
  return pngFile(30_000, 30_000, deflateSync(Buffer.alloc(1000)));
}

/** Grey noise: no grid, no tracing. */
export function noisePng() {
  let state = 12345;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 24;
  return png(640, 480, () => {
    const grey = next();
    return [grey, grey, grey];
  });
}

/** A round face with two ears, eyes and stripes before a soft background: a photo, but of no ECG. */
export function catPng() {
  const inside = (x, y, centreX, centreY, radius) => (x - centreX) ** 2 + (y - centreY) ** 2 < radius ** 2;
  return png(640, 480, (x, y) => {
    if (inside(x, y, 260, 210, 18) || inside(x, y, 380, 210, 18)) return [40, 90, 40];
    const head = inside(x, y, 320, 250, 140);
    const ear = y > 70 && y < 170 && (Math.abs(x - 230) < (y - 70) / 2 || Math.abs(x - 410) < (y - 70) / 2);
    if (head || ear) return Math.sin(x / 17 + y / 41) > 0.3 ? [150, 95, 50] : [205, 150, 95];
    return [90 + x / 8, 120 + y / 6, 160 - x / 10].map(Math.round);
  });
}

/** The first part of a picture, as when a download broke off. */
export function truncated(bytes) {
  return bytes.subarray(0, Math.floor(bytes.length * 0.4));
}

/** A CSV strip of 10 s at 250 Hz in mV, with the cell of `line` (1 is the first) replaced. */
export function csvWith(line, cell) {
  const samples = Array.from({ length: 2500 }, (_, index) => Math.sin(index / 20).toFixed(3));
  const lines = ['# sample_rate_hz: 250', 'I (mV)', ...samples];
  lines[line - 1] = cell;
  return Buffer.from(`${lines.join('\n')}\n`);
}

function pngFile(width, height, compressed) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', compressed), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
