// Which language the page starts in, and the list to choose another from.
// A choice is kept under one key that holds nothing but the language; without a choice nothing is stored.

import { byId, element } from '../dom.js';
import { LANGUAGES, language, onLanguage, say, setLanguage } from './language.js';

const STORED = 'inkbeat-language';

/** Shows the list, then resolves once the page speaks the language of `?lang=`, of an earlier choice, or of the browser. */
export async function startLanguage() {
  const list = byId('language');
  list.replaceChildren(...LANGUAGES.map(({ tag, name }) => element('option', { value: tag, lang: tag }, name)));
  list.addEventListener('change', () => choose(list.value));
  onLanguage(() => {
    list.value = language().tag;
    sayStatic(document);
  });
  await setLanguage(firstLanguage()).catch(() => {}); // The page is English where its language can't be loaded.
  list.value = language().tag;
}

/** Fills every element that names its words by `data-say` (text) or `data-say-label` (aria-label). */
export function sayStatic(root) {
  for (const node of root.querySelectorAll('[data-say]')) node.textContent = say(node.dataset.say);
  for (const node of root.querySelectorAll('[data-say-label]')) node.setAttribute('aria-label', say(node.dataset.sayLabel));
}

function firstLanguage() {
  const asked = new URLSearchParams(location.search).get('lang');
  const candidates = [asked, stored(), ...navigator.languages].filter(Boolean);
  return candidates.map(known).find((tag) => tag !== undefined) ?? 'en';
}

/** `zh-CN` → `zh-Hans`: the catalogue for a browser's name of a language. */
function known(name) {
  const primary = name.toLowerCase().split('-')[0];
  return LANGUAGES.find(({ tag }) => tag.toLowerCase().split('-')[0] === primary)?.tag;
}

async function choose(tag) {
  try {
    await setLanguage(tag);
  } catch {
    byId('language').value = language().tag; // Its file can't be loaded; what is shown stays true.
    return;
  }
  try {
    localStorage.setItem(STORED, tag);
  } catch {
    // A browser that stores nothing starts in its own language again.
  }
  const address = new URL(location.href);
  if (!address.searchParams.has('lang')) return;
  address.searchParams.set('lang', tag);
  history.replaceState(null, '', address);
}

function stored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}
