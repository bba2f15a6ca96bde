// What engine and reader say about files and devices. They speak English, with a code; here their sentences are found
// in the catalogue again and said in the page's language.

import { problem as problemIn } from '../engine/sentences.js';
import * as english from './en.js';
import { isolated, language, number } from './language.js';

let patterns = null;

/**
 * An English sentence in the page's language.
 * @returns {{text: string, known: boolean}} `known` is false where it stays English for want of a translation
 */
export function translated(sentence) {
  const { tag, catalogue } = language();
  if (tag === 'en' || sentence === '') return { text: sentence, known: true };
  patterns ??= Object.entries(english.sentences).map(([id, template]) => ({ id, ...pattern(template) }));
  for (const { id, expression, names } of patterns) {
    const match = expression.exec(sentence);
    if (!match || catalogue.sentences[id] === undefined) continue;
    const values = Object.fromEntries(names.map((name, index) => [name, match[index + 1]]));
    return { text: catalogue.sentences[id].replaceAll(/\{(\w+)\}/g, (_, name) => isolated(said(values[name]))), known: true };
  }
  return { text: sentence, known: false };
}

/** A problem that the page itself found, as the engine would put it: `{code, message, hint, detail}` in English. */
export function problem(code, parts) {
  return problemIn(code, parts, english.sentences);
}

function pattern(template) {
  const parts = template.split(/\{(\w+)\}/);
  const source = parts.map((part, index) => (index % 2 === 0 ? part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&') : '(.+?)')).join('');
  return { expression: new RegExp(`^${source}$`, 's'), names: parts.filter((_, index) => index % 2 === 1) };
}

/** A value inside a sentence: a number as this language writes it, or words that may themselves be known. */
function said(value) {
  if (!/^\d+(\.\d+)?$/.test(value)) return translated(value).text;
  const digits = value.split('.')[1]?.length ?? 0;
  return number(Number(value), { minimumFractionDigits: digits });
}
