// What the reader itself says, in English, of files, workers and devices. The page's catalogues translate it;
// who embeds the reader gets it as it stands.

/** By id; part of the page's English catalogue. */
export const sentences = {
  'hint.TOO_LARGE': 'Choose a smaller file: a photo of up to 64 megapixels, or a recording of some minutes, is plenty.',
  'page.stopped': 'You stopped the reading.',
  'page.stoppedHint': 'The file is still here: choose “Try again”, or another file.',
  'page.bytes': 'This is {megabytes} MB; up to {most} MB can be read.',
  'page.unopened': 'The browser could not open this file. It may have been moved, or is still in the cloud.',
  'page.unopenedHint': 'Save it on this device first, then choose it again.',
  'page.notLoaded': 'A part of Inkbeat ({part}) could not be loaded.',
  'page.notLoadedHint': 'Check the connection and reload the page, or try a newer browser. If this stays, this site’s copy of Inkbeat is incomplete.',
  'page.selfTest': 'The self-test of {model} gave a wrong answer on this device (off by {difference}).',
  'page.selfTestHint': 'Reload the page, or try another browser.',
  'page.notStarted': 'The reader could not be started in this browser.',
  'page.notStartedHint': 'Reload the page, close other tabs, or try a newer browser.',
  'page.crashed': 'The reader stopped unexpectedly and was restarted.',
  'page.crashedMemory': 'There was not enough memory to read this file. The reader was restarted.',
  'page.crashedHint': 'Try again. If it happens again, close other tabs or choose a smaller picture.',
  'card.noWebGpu': 'this browser does not offer WebGPU',
  'card.saveData': 'data saving is on, and the graphics version is a larger download',
  'card.noAdapter': 'this browser found no usable graphics card',
  'card.emulated': 'the graphics card is only emulated here, which is slower than the processor',
  'card.slower': 'the processor is faster here ({cpu} against {card} ms)',
  'card.tooLong': 'preparing the graphics card took too long',
  'card.notStarted': 'the graphics card could not be started',
  'card.stopped': 'the graphics card stopped working ({detail})',
  'card.notRestarted': 'the graphics card could not be restarted ({detail})',
};

/** A problem that no engine reported, as the engine would put it: `{code, message, hint, detail}`. */
export function problem(code, { message, hint = null, detail = '', ...parameters }, catalogue = sentences) {
  const say = (id) => filled(catalogue[id], parameters);
  return { code, message: say(message), hint: hint === null ? '' : say(hint), detail };
}

/** The sentence `id`, filled in. */
export function inEnglish(id, parameters = {}) {
  return filled(sentences[id], parameters);
}

function filled(template, parameters) {
  return template.replaceAll(/\{(\w+)\}/g, (_, name) => String(parameters[name]));
}
