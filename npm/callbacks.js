// Functions that an app hands over.

/** `callback` (or nothing), made so that its exceptions are reported but never stop a reading. */
export function isolated(callback) {
  if (callback === undefined || callback === null) return () => {};
  if (typeof callback !== 'function') throw new TypeError('a callback must be a function');
  return (...values) => {
    try {
      callback(...values);
    } catch (error) {
      globalThis.reportError(error);
    }
  };
}
