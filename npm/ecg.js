// What an app reads ECGs with.

import { isolated } from './callbacks.js';
import { convertPicture } from './engine/files.js';
import { disposed, EcgError } from './errors.js';
import { pictureBytes, recordingBytes } from './inputs.js';
import { Queue } from './queue.js';

export class Ecg {
  #reader;
  #queue;
  #isDisposed = false;

  /** @param {import('./engine/reader.js').Reader} reader loaded */
  constructor(reader) {
    this.#reader = reader;
    this.#queue = new Queue(() => reader.cancel());
  }

  /** Reads a picture of a printout. */
  async classifyImage(input, { lead, rectify, layout, onStage, signal } = {}) {
    const listen = isolated(onStage);
    return this.#run(signal, async (throwIfStopped) => {
      const file = await pictureBytes(input);
      await this.#check(file, 'printout', throwIfStopped);
      const { outcome, photo, picture, leads, wfdb, windows } = await this.#reader.classify([file], { lead, rectify, layout }, listen);
      return { outcome, photo, picture, leads, wfdb, windows };
    });
  }

  /** Reads a recording, or samples in memory. */
  async classifyStrip(input, { lead, sampleRateHz, unit, onStage, signal } = {}) {
    const listen = isolated(onStage);
    return this.#run(signal, async (throwIfStopped) => {
      const { files, hints } = await recordingBytes(input);
      if (files.length === 1) await this.#check(files[0], 'strip', throwIfStopped);
      await this.#reader.ready();
      throwIfStopped();
      const { outcome, strip, windows } = await this.#reader.classify(files, given({ lead, sampleRateHz, unit }, hints), listen);
      return { outcome, strip, windows };
    });
  }

  /** Which leads an answer rests on: its reading again, with one lead at a time hidden. */
  async explain({ windows }, { signal } = {}) {
    return this.#run(signal, async (throwIfStopped) => {
      await this.#reader.ready();
      throwIfStopped();
      return this.#reader.explain(windows);
    });
  }

  /** Says what a file holds, without classifying it. */
  async inspect(input, { lead, sampleRateHz, unit, signal } = {}) {
    return this.#run(signal, async (throwIfStopped) => {
      const { files, hints } = await recordingBytes(input);
      const picture = files.length === 1 ? await convertPicture(files[0]) : null;
      await this.#reader.ready();
      throwIfStopped();
      const found = await this.#reader.inspect(picture ? [picture] : files, given({ lead, sampleRateHz, unit }, hints));
      return picture ? { ...found, format: 'heif' } : found; // The browser made a PNG of it.
    });
  }

  /** Versions, hashes, and the device in use. */
  info() {
    const { version, device, fallbackReason, isSettled, manifests, selfTest } = this.#reader;
    const models = manifests.map(({ name, version: weights, sha256, training }) => ({
      name,
      version: weights,
      sha256,
      trainedOn: training.data,
      selfTestDeviation: selfTest[name],
    }));
    return { version, device, fallbackReason, isSettled, models };
  }

  /** Resolves to `info()` once the device is chosen for good; nothing is requested after that. */
  async settled() {
    await this.#reader.settled();
    return this.info();
  }

  /** Stops the workers; whatever waits or comes later rejects with code `ABORTED`. */
  dispose() {
    this.#isDisposed = true;
    this.#reader.dispose(); // First, so that no worker is restarted for what is stopped.
    this.#queue.stopAll(disposed());
  }

  #run(signal, work) {
    if (this.#isDisposed) throw disposed();
    return this.#queue.run(work, signal);
  }

  /** A file of the other kind would be read as well, but with an answer that the caller doesn't expect. */
  async #check({ bytes }, wanted, throwIfStopped) {
    await this.#reader.ready();
    throwIfStopped();
    const kind = await this.#reader.kindOf(bytes);
    throwIfStopped();
    if (kind === wanted || bytes.length === 0) return; // The engine says best what is wrong with no bytes at all.
    const [message, other] =
      wanted === 'printout' ? ['This file is not a picture.', 'classifyStrip'] : ['This file is a picture, not a recording.', 'classifyImage'];
    throw new EcgError({ code: 'UNSUPPORTED_FORMAT', message, hint: `Read it with ${other}, or ask inspect first.` });
  }
}

/** What is said of a recording: by the call's options, else by its input. Only what is said, as the engine expects. */
function given(options, hints) {
  const said = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  return { ...hints, ...Object.fromEntries(said) };
}
