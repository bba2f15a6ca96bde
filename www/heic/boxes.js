// The outermost boxes of a HEIC file (ISO 14496-12): whether all that they announce is there.

/** A box's length and name, and the length that takes the place of one which 32 bits can't hold. */
const HEADER_BYTES = 8;
const LONG_HEADER_BYTES = 16;
const IN_LONG_HEADER = 1;
const TO_THE_END = 0;
/** What pictures are described and stored in. Behind it phones put things of their own, not always as boxes. */
const OF_PICTURES = ['ftyp', 'meta', 'mdat', 'moov'];

/**
 * Whether the file holds its boxes to their ends. libheif reads on where it doesn't, and could show a part of an ECG as if it were all.
 * @param {Uint8Array} bytes
 */
export function isWhole(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  let hasPictures = false;
  while (offset + HEADER_BYTES <= bytes.length) {
    const name = nameAt(bytes, offset);
    hasPictures ||= name === 'meta';
    let length = view.getUint32(offset);
    if (length === TO_THE_END) return hasPictures;
    if (length === IN_LONG_HEADER) {
      if (offset + LONG_HEADER_BYTES > bytes.length) return false;
      length = Number(view.getBigUint64(offset + HEADER_BYTES));
    }
    if (length < HEADER_BYTES || offset + length > bytes.length) return hasPictures && !OF_PICTURES.includes(name);
    offset += length;
  }
  return hasPictures;
}

function nameAt(bytes, offset) {
  return String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
}
