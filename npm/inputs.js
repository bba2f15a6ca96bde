// What an app may hand over, as the files that the engine takes.

import { convertPicture, readBytes } from './engine/files.js';
import { EcgError } from './errors.js';

const ONE = 'a File, Blob, ArrayBuffer, typed array or {name, bytes}';

/** The bytes of a picture, decoded by the browser where only the browser can. */
export async function pictureBytes(input) {
  const [file] = await readBytes([asFile(input)]);
  return (await convertPicture(file)) ?? file;
}

/** The files of a recording, and what they don't say themselves: `{files, hints}`. */
export async function recordingBytes(input) {
  if (input?.samplesMv !== undefined) return fromSamples(input);
  const inputs = Array.isArray(input) ? input : [input];
  if (inputs.length === 0) throw new TypeError(`a recording is ${ONE}, several of them, or {samplesMv, sampleRateHz, lead}`);
  return { files: await readBytes(inputs.map(asFile)), hints: {} };
}

function asFile(input) {
  if (input instanceof Blob) return input;
  // Copied by the constructor: a view into a large buffer must not take all of it to the worker.
  if (input instanceof ArrayBuffer || ArrayBuffer.isView(input)) return new File([input], '');
  if (typeof input?.name === 'string' && input.bytes !== undefined) return new File([input.bytes], input.name);
  if (typeof input === 'string' || input instanceof URL) throw new TypeError(`addresses are not fetched: hand over ${ONE}`);
  throw new TypeError(`expected ${ONE}`);
}

/** Samples go to the engine as the plainest of its formats, one value a line, which keeps every bit of a float. */
async function fromSamples({ samplesMv, sampleRateHz, lead }) {
  if (typeof samplesMv?.length !== 'number') throw new TypeError('samplesMv is an array of numbers');
  if (!(sampleRateHz > 0)) throw new TypeError('sampleRateHz is a number above 0');
  const stray = Array.prototype.findIndex.call(samplesMv, (sample) => !Number.isFinite(sample));
  if (stray >= 0) {
    const hint = 'Leave gaps out, or fill them, before the strip is read.';
    throw new EcgError({ code: 'DECODE', message: `Sample ${stray} is not a finite number.`, hint });
  }
  const text = new Blob([Array.prototype.join.call(samplesMv, '\n'), '\n']);
  return { files: await readBytes([new File([text], 'samples.csv')]), hints: { sampleRateHz, lead, unit: 'mV' } };
}
