// Saving what the page made as files. They never leave the device.

import { element } from './dom.js';

/** A button that saves what `makeFiles()` returns: `[{name, type, content}]`. */
export function saveButton(words, makeFiles) {
  const button = element('button', { type: 'button', class: 'button' }, words);
  button.addEventListener('click', () => makeFiles().forEach(save));
  return button;
}

function save({ name, type, content }) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // Revoking at once would cancel the download in some browsers.
}
