// What goes wrong, as exceptions with the engine's codes.

/** A file, device or copy of the program that can't be used, or work that was given up. */
export class EcgError extends Error {
  name = 'EcgError';

  constructor({ code, message, hint = '', detail = '' }, options) {
    super(message, options);
    this.code = code;
    this.hint = hint;
    this.detail = detail;
  }
}

/** What the reader rejected with, as an exception; exceptions of the program itself stay what they are. */
export function asEcgError(error) {
  if (error instanceof Error) return error;
  return new EcgError(error);
}

/** For work that its own signal stopped. */
export function aborted(signal) {
  return new EcgError({ code: 'ABORTED', message: 'The work was stopped by its signal.' }, { cause: signal.reason });
}

/** For whatever is asked of a reader that was disposed of. */
export function disposed() {
  return new EcgError({ code: 'ABORTED', message: 'This reader was disposed of.', hint: 'Make a new one with createEcg().' });
}
