// The message catalogue: every language says everything, nothing is said twice or for nobody, and whatever the engine
// can say has its translation. Reads the sources of page and engine; needs no browser.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { before, test } from 'node:test';

import { meaning } from '../www/words.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TAGS = ['es', 'fr', 'de', 'zh-Hans', 'ar'];
/** Of a language's plural forms these say their number in words. */
const SPELT_OUT = ['zero', 'one', 'two'];

let english;
let others;
/** All string literals of the engine's sources outside of tests, `{…}` for whatever is filled in: `[file, text]`. */
let engineTexts;

before(async () => {
  english = await import(`${ROOT}www/language/en.js`);
  others = await Promise.all(TAGS.map(async (tag) => ({ tag, ...(await import(`${ROOT}www/language/${tag}.js`)) })));
  engineTexts = (await Promise.all((await filesIn('src', '.rs')).map(literals))).flat();
});

test('the list of languages is the list of catalogues', async () => {
  const source = await readFile(`${ROOT}www/language/language.js`, 'utf8');
  const listed = [...source.matchAll(/\{ tag: '([^']+)'/g)].map(([, tag]) => tag);
  assert.deepEqual(listed.sort(), ['en', ...TAGS].sort());
  const files = await readdir(`${ROOT}www/language`);
  for (const tag of listed) assert.ok(files.includes(`${tag}.js`), `${tag}.js`);
});

test('every key is in every language, with the same parameters and all plural forms', () => {
  for (const { tag, ...catalogue } of others) {
    for (const section of ['words', 'findings', 'sentences']) {
      assert.deepEqual(Object.keys(catalogue[section]).sort(), Object.keys(english[section]).sort(), `${section} of ${tag}`);
      for (const [key, entry] of Object.entries(catalogue[section])) assertLike(english[section][key], entry, tag, key);
    }
  }
});

test('no key stands twice in a catalogue', async () => {
  for (const tag of ['en', ...TAGS]) {
    const keys = [...(await readFile(`${ROOT}www/language/${tag}.js`, 'utf8')).matchAll(/^  '([^']+)':/gm)].map(([, key]) => key);
    assert.ok(keys.length > 300);
    assert.deepEqual(keys.filter((key, index) => keys.indexOf(key) !== index), [], tag);
  }
});

test('every key is used, and every key that is used exists', async () => {
  const files = [...(await filesIn('www', '.js')), ...(await filesIn('www', '.html'))].filter((file) => !isCatalogue(file));
  const sources = await Promise.all(files.map((file) => readFile(ROOT + file, 'utf8')));
  const source = sources.join('\n');
  // These are put together from a code or a file's name.
  const built = /^(error|issue|sample)\./;
  for (const key of Object.keys(english.words)) {
    assert.ok(built.test(key) || source.includes(`'${key}'`) || source.includes(`"${key}"`), `${key} is never said`);
  }
  const families = new Set(Object.keys(english.words).map((key) => key.split('.')[0]));
  for (const [, key] of source.matchAll(/['"]([a-z]+\.[A-Za-z0-9_]+)['"]/g)) {
    if (!families.has(key.split('.')[0]) || /\.(js|css|html|json|svg)$/.test(key)) continue;
    assert.ok(key in english.words || key in english.sentences, `${key} has no words`);
  }
});

test('the page as it is loaded is in English, word for word', async () => {
  const html = await readFile(`${ROOT}www/index.html`, 'utf8');
  const said = [...html.matchAll(/<(\w+)[^>]*data-say="([^"]+)"[^>]*>([^<]*)<\/\1>/g)];
  assert.ok(said.length > 20);
  assert.equal(said.length, html.match(/data-say="/g).length, 'every element with words holds nothing but words');
  for (const [, , key, text] of said) assert.equal(text, english.words[key], key);
});

test('samples have titles', async () => {
  const samples = JSON.parse(await readFile(`${ROOT}www/samples/index.json`, 'utf8'));
  const expected = samples.map(({ file }) => `sample.${file.split('.')[0]}`);
  assert.deepEqual(Object.keys(english.words).filter((key) => key.startsWith('sample.')).sort(), expected.sort());
});

test('every code that the engine can give has words, and no other', async () => {
  const known = Object.keys(english.words).flatMap((key) => /^(?:issue|error)\.([A-Z_]+)$/.exec(key)?.[1] ?? []);
  const source = await engineSource();
  const given = [/Issue::(?:reject|warn)\(\s*"([A-Z_]+)"/g, /graded\(\s*"([A-Z_]+)"/g, /Self::\w+(?: \{ \.\. \})? => "([A-Z_]+)"/g];
  const codes = new Set(given.flatMap((pattern) => [...source.matchAll(pattern)].map(([, code]) => code)));
  assert.ok(codes.size > 20);
  assert.deepEqual([...codes].sort(), known.sort());
});

test('every finding has its name, in English the engine’s own', async () => {
  const labels = await readFile(`${ROOT}src/labels.rs`, 'utf8');
  const rows = [...labels.matchAll(/^ {4}(?:superclass|diagnostic|diagnostic_and_form|form|rhythm)\("([^"]+)",.*?"([^"]+)"\),$/gm)];
  assert.ok(rows.length > 70);
  for (const [, code, name] of rows) assert.equal(english.findings[code], name, code);
  assert.equal(Object.keys(english.findings).length, new Set(rows.map(([, code]) => code)).size);
});

test('what a finding means is said of all but those whose names say it', () => {
  const unsaid = Object.keys(english.findings).filter((code) => meaning(code) === null);
  assert.deepEqual(unsaid.sort(), ['ABQRS', 'HVOLT', 'LVOLT', 'NORM', 'PSVT', 'QWAVE', 'SVARR', 'SVTAC', 'WPW']);
});

test('every sentence about an ECG that the engine can say is in the catalogue, and none that it can’t', async (t) => {
  const page = /^(page|card|scale)\./; // Said by the page, or only a part of a sentence.
  const spoken = new Set(engineTexts.map(([, text]) => text));
  const catalogue = new Set(Object.values(english.sentences).map(unfilled));
  for (const [id, sentence] of Object.entries(english.sentences)) {
    assert.ok(page.test(id) || spoken.has(unfilled(sentence)), `the engine no longer says “${sentence}” (${id})`);
  }
  const aboutEcgs = await filesWith(/Issue::(reject|warn)\(/);
  const issues = engineTexts.filter(([file, text]) => aboutEcgs.includes(file) && /^[A-Z][^]* [^]*\.$/.test(text));
  assert.ok(issues.length > 30);
  for (const [file, text] of issues) assert.ok(catalogue.has(text), `${file}: “${text}” has no translation`);
  // Errors about files may stay English below their translated heading; these are the rare ones.
  const errors = engineTexts.filter(([file, text]) => /formats|decode|weights|web\//.test(file) && /^[a-z].* .* /.test(text) && !catalogue.has(text));
  t.diagnostic(`${errors.length} errors stay in English: ${errors.map(([, text]) => text).join(' | ')}`);
});

function assertLike(entry, translated, tag, key) {
  if (typeof entry === 'string') {
    assert.equal(typeof translated, 'string', `${tag}: ${key}`);
    assert.ok(translated.trim().length > 0, `${tag}: ${key} is empty`);
    assert.deepEqual(parameters(translated), parameters(entry), `${tag}: ${key}`);
    return;
  }
  const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories;
  assert.deepEqual(Object.keys(translated).sort(), [...forms].sort(), `${tag}: plural forms of ${key}`);
  for (const [form, text] of Object.entries(translated)) {
    const missing = parameters(entry.other).filter((name) => !parameters(text).includes(name));
    const allowed = SPELT_OUT.includes(form) || tag === 'ar' ? ['count'] : [];
    assert.deepEqual(missing.filter((name) => !allowed.includes(name)), [], `${tag}: ${form} of ${key}`);
    assert.ok(parameters(text).every((name) => parameters(entry.other).includes(name)), `${tag}: ${form} of ${key}`);
  }
}

function parameters(text) {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
}

function unfilled(sentence) {
  return sentence.replaceAll(/\{[^}]*\}/g, '{}');
}

function isCatalogue(file) {
  return ['en', ...TAGS].some((tag) => file.endsWith(`language/${tag}.js`));
}

async function filesIn(folder, ending) {
  const entries = await readdir(ROOT + folder, { recursive: true });
  return entries.filter((name) => name.endsWith(ending) && !name.startsWith('pkg')).map((name) => `${folder}/${name}`);
}

async function filesWith(pattern) {
  const files = await filesIn('src', '.rs');
  const found = await Promise.all(files.map(async (file) => pattern.test(withoutTests(await readFile(ROOT + file, 'utf8')))));
  return files.filter((file, index) => found[index] && file !== 'src/outcome.rs');
}

async function engineSource() {
  const files = await filesIn('src', '.rs');
  return (await Promise.all(files.map(async (file) => withoutTests(await readFile(ROOT + file, 'utf8'))))).join('\n');
}

async function literals(file) {
  const source = withoutTests(await readFile(ROOT + file, 'utf8')).replaceAll(/^\s*\/\/.*$/gm, '');
  return [...source.matchAll(/"((?:[^"\\\n]|\\.|\\\n)*)"/g)].map(([, text]) => [file, unfilled(text.replaceAll(/\\\n\s*/g, ''))]);
}

function withoutTests(source) {
  return source.split(/#\[cfg\(test\)\]\s*mod tests/)[0];
}
