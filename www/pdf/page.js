// From a PDF to the one page that is read, as a picture: the only page, or the one that the person chooses.

import { problem } from '../language/sentences.js';
import { choosePage } from './chooser.js';
import { openDocument } from './document.js';

/** Far more than an exported ECG or a scan of some pages takes; it is held in memory twice. */
const MOST_BYTES = 50 * 1024 * 1024;

/**
 * @param {File} file a PDF
 * @param {{
 *   signal: AbortSignal, onStage: (stage: string) => void, onChoosing: () => void, onChosen: () => void, onCancel: () => void,
 * }} listen `onChoosing` and `onChosen` are called around a choice, if there is one to make
 * @returns {Promise<{file: File, number: number, count: number}>} rejects with `{code, message, hint}`, or with the signal's reason
 */
export async function pageOf(file, { signal, onStage, onChoosing, onChosen, onCancel }) {
  signal.throwIfAborted();
  onStage('openPdf');
  const bytes = await bytesOf(file);
  signal.throwIfAborted();
  const document = await openDocument(bytes, signal);
  try {
    const count = document.pageCount;
    let number = 1;
    if (count > 1) {
      onChoosing();
      number = await choosePage(document, signal, onCancel);
      onChosen();
    }
    onStage('drawPage');
    return { file: await document.picture(number), number, count };
  } finally {
    document.close();
  }
}

async function bytesOf(file) {
  if (file.size > MOST_BYTES) {
    const [megabytes, most] = [file.size, MOST_BYTES].map((bytes) => Math.round(bytes / 1048576));
    throw problem('TOO_LARGE', { message: 'page.bytes', hint: 'page.pdfBytesHint', megabytes, most });
  }
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw problem('DECODE', { message: 'page.unopened', hint: 'page.unopenedHint' });
  }
}
