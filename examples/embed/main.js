// With a bundler: from 'inkbeat'.
import { createEcg, EcgError } from './inkbeat/index.js';

const [file, stop, answer] = /** @type {[HTMLInputElement, HTMLElement, HTMLElement]} */ (
  ['file', 'stop', 'answer'].map((id) => document.getElementById(id))
);
const ecg = await createEcg({ device: 'cpu', onProgress: ({ stage }) => (answer.textContent = stage) });
answer.textContent = 'Ready';
file.onchange = async () => {
  const chosen = file.files?.[0];
  if (!chosen) return;
  const abort = new AbortController();
  stop.onclick = () => abort.abort();
  const options = { signal: abort.signal, onStage: (/** @type {string} */ stage) => (answer.textContent = stage) };
  try {
    const { kind } = await ecg.inspect(chosen, { signal: abort.signal });
    const { outcome } = await (kind === 'printout' ? ecg.classifyImage(chosen, options) : ecg.classifyStrip(chosen, options));
    const lines = outcome.status === 'ok' ? outcome.findings.map(({ band, name }) => `${band}: ${name}`) : outcome.issues.map(({ message }) => message);
    answer.textContent = lines.join('; ');
  } catch (error) {
    answer.textContent = error instanceof EcgError ? `${error.code}: ${error.message} ${error.hint}` : String(error);
  }
};
