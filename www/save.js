// Saving what the page made as a file. It never leaves the device.

import { element } from './dom.js';

/** A button that saves what `makeText()` returns. */
export function saveButton(words, fileName, type, makeText) {
  const button = element('button', { type: 'button', class: 'button' }, words);
  button.addEventListener('click', () => {
    const url = URL.createObjectURL(new Blob([makeText()], { type }));
    element('a', { href: url, download: fileName }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000); // Revoking at once would cancel the download in some browsers.
  });
  return button;
}
