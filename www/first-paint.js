// What is heavy waits for the page to be seen: on a slow phone, loading the reader would otherwise hold up its first words.

const PAINT = 'first-contentful-paint';
/** Where no paint is ever told of, such as in a window that is covered. */
const PATIENCE_MS = 3000;

/** Resolves once the page has shown something, or is in no position to. */
export function firstPaint() {
  const isTold = globalThis.PerformanceObserver?.supportedEntryTypes?.includes('paint') ?? false;
  if (!isTold || document.visibilityState === 'hidden') return Promise.resolve();
  return new Promise((resolve) => {
    const observer = new PerformanceObserver((list) => {
      if (list.getEntriesByName(PAINT).length === 0) return;
      observer.disconnect();
      resolve();
    });
    observer.observe({ type: 'paint', buffered: true });
    setTimeout(resolve, PATIENCE_MS);
  });
}
