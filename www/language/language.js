// The language of everything the page says: which one it is, its words, and numbers and lists as it writes them.

import * as english from './en.js';

/**
 * Every language with a catalogue beside this file. Arabic keeps the digits that ECG paper has, so that
 * figures on page and paper look alike.
 */
export const LANGUAGES = [
  { tag: 'en', name: 'English', locale: 'en-GB', direction: 'ltr' },
  { tag: 'es', name: 'Español', locale: 'es', direction: 'ltr' },
  { tag: 'fr', name: 'Français', locale: 'fr', direction: 'ltr' },
  { tag: 'de', name: 'Deutsch', locale: 'de', direction: 'ltr' },
  { tag: 'zh-Hans', name: '简体中文', locale: 'zh-Hans', direction: 'ltr' },
  { tag: 'ar', name: 'العربية', locale: 'ar-u-nu-latn', direction: 'rtl' },
];

// Numbers and Latin words inside right-to-left text keep their own order only if they are isolated.
const [ISOLATE, ISOLATE_RIGHT_TO_LEFT, END_ISOLATE] = ['\u2068', '\u2067', '\u2069'];

let current = { ...LANGUAGES[0], catalogue: english };
let wanted = 'en';
const listeners = new Set();

/** `{tag, name, locale, direction, catalogue: {words, findings, sentences}}` of the language in use. */
export function language() {
  return current;
}

/** Calls `listener()` after every change of language. */
export function onLanguage(listener) {
  listeners.add(listener);
}

/** Loads a language and makes it the page's. Rejects if its file can't be had; the page then stays as it is. */
export async function setLanguage(tag) {
  wanted = tag;
  const entry = LANGUAGES.find((known) => known.tag === tag);
  const catalogue = tag === 'en' ? english : await import(`./${tag}.js`);
  if (wanted !== tag) return; // Another one was chosen meanwhile.
  current = { ...entry, catalogue };
  document.documentElement.lang = tag;
  document.documentElement.dir = entry.direction;
  for (const listener of listeners) listener();
}

/** The words for `key`, with `{name}` replaced by `parameters.name`; `parameters.count` chooses the plural form. */
export function say(key, parameters = {}) {
  return template(key, parameters).replaceAll(/\{(\w+)\}/g, (_, name) => isolated(written(parameters[name])));
}

/** The same where parameters are elements: a list of nodes and text. */
export function sayNodes(key, parameters) {
  return template(key, parameters)
    .split(/\{(\w+)\}/)
    .map((part, index) => {
      if (index % 2 === 0) return part;
      return parameters[part] instanceof Node ? parameters[part] : isolated(written(parameters[part]));
    });
}

/** The plain-language name of a finding; `fallback` for a code that the catalogue doesn't have. */
export function findingName(code, fallback) {
  return current.catalogue.findings[code] ?? fallback ?? english.findings[code] ?? code;
}

/** A number as this language writes it. */
export function number(value, options = {}) {
  return new Intl.NumberFormat(current.locale, { maximumFractionDigits: 3, ...options }).format(value);
}

/** `0.72` → `72 %`; what isn't certain is never rounded to 0 or 100 %. */
export function percent(share) {
  const written = (value) => number(value, { style: 'percent', maximumFractionDigits: 0 });
  if (share > 0 && share < 0.01) return say('percent.under', { percent: written(0.01) });
  if (share > 0.99 && share < 1) return say('percent.over', { percent: written(0.99) });
  return written(share);
}

/** `['a', 'b', 'c']` → `a, b or c`. */
export function either(items) {
  return new Intl.ListFormat(current.locale, { type: 'disjunction' }).format(items.map(isolated));
}

/** A date with its time of day. */
export function dateTime(date) {
  return new Intl.DateTimeFormat(current.locale, { dateStyle: 'long', timeStyle: 'short' }).format(date);
}

/** Text that keeps its own direction inside a right-to-left sentence. */
export function isolated(text) {
  if (current.direction !== 'rtl') return text;
  // What begins with something isolated is a phrase of this language: its direction can't be told from its first letter.
  const start = [ISOLATE, ISOLATE_RIGHT_TO_LEFT].includes(text[0]) ? ISOLATE_RIGHT_TO_LEFT : ISOLATE;
  return `${start}${text}${END_ISOLATE}`;
}

function template(key, { count }) {
  const entry = current.catalogue.words[key] ?? english.words[key] ?? key;
  if (typeof entry === 'string') return entry;
  return entry[new Intl.PluralRules(current.locale).select(count)] ?? entry.other;
}

function written(value) {
  return typeof value === 'number' ? number(value) : String(value);
}
