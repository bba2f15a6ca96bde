// The npm package without a browser: it is complete, its types hold and say what the engine's sources say.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { packNpm } from '../tools/pack-npm.mjs';
import { AS_NODE, complaints, declared } from './typescript.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Structures of outcome.rs that answers are made of. */
const STRUCTURES = ['Reading', 'Finding', 'Measurements', 'Interval', 'Quality', 'Issue', 'Layout', 'Provenance'];

let app;
let packed;

before(async () => {
  app = await mkdtemp(join(tmpdir(), 'inkbeat-package-'));
  packed = join(app, 'inkbeat');
  await packNpm(packed);
});

after(() => rm(app, { recursive: true }));

test('the packed folder holds all that its files import, and nothing hidden', async () => {
  const entries = await readdir(packed, { recursive: true });
  assert.deepEqual(entries.filter((path) => /(^|\/)\./.test(path)), []);
  for (const path of entries.filter((entry) => entry.endsWith('.js') && !entry.startsWith('pkg'))) {
    const source = await readFile(join(packed, path), 'utf8');
    const named = [...source.matchAll(/(?:from |new URL\()'(\.[^']+)'/g)].map(([, file]) => join(dirname(path), file));
    for (const file of named) assert.ok(entries.includes(file), `${path} names ${file}`);
  }
  const { version, dependencies } = JSON.parse(await readFile(join(packed, 'package.json'), 'utf8'));
  assert.match(await readFile(join(ROOT, 'Cargo.toml'), 'utf8'), new RegExp(`version = "${version}"`));
  assert.equal(dependencies, undefined);
});

test('the example passes tsc --strict from a static folder', async () => {
  await cp(join(ROOT, 'examples/embed/main.js'), join(app, 'main.js'));
  assert.deepEqual(complaints([join(app, 'main.js')]), []);
});

test('the package passes tsc --strict as an installed module, and its types are strict', async () => {
  await cp(packed, join(app, 'node_modules/inkbeat'), { recursive: true, filter: (path) => !path.endsWith('.wasm') });
  const file = join(app, 'installed.mts');
  await writeFile(file, await readFile(join(ROOT, 'tests/package-use.mts')));
  for (const options of [{}, AS_NODE]) assert.deepEqual(complaints([file], options), []);
});

test('the README shows the example', async () => {
  const [, shown] = /```js\n([^]*?)```/.exec(await readFile(join(ROOT, 'npm/README.md'), 'utf8'));
  assert.equal(shown, await readFile(join(ROOT, 'examples/embed/main.js'), 'utf8'));
});

test('types have the fields of the engine’s structures', async () => {
  const source = await readFile(join(ROOT, 'src/outcome.rs'), 'utf8');
  for (const name of STRUCTURES) {
    const fields = rustFields(source, name);
    const types = declared(name);
    assert.deepEqual(Object.keys(types).sort(), fields.map((field) => field.name).sort(), name);
    for (const { name: field, optional, nullable } of fields) {
      assert.equal(types[field].optional, optional, `${name}.${field} may be absent`);
      assert.equal(/\| null\b/.test(types[field].type), nullable, `${name}.${field} may be null`);
    }
  }
});

test('types have the words of the engine’s enumerations', async () => {
  const outcome = await readFile(join(ROOT, 'src/outcome.rs'), 'utf8');
  for (const name of ['Kind', 'Severity']) {
    const [, body] = new RegExp(`pub enum ${name} \\{([^}]*)\\}`).exec(outcome);
    assert.deepEqual(declared(name).sort(), [...body.matchAll(/^ {4}(\w+),$/gm)].map(([, word]) => word.toLowerCase()).sort());
  }
  const error = await readFile(join(ROOT, 'src/error.rs'), 'utf8');
  assert.deepEqual(declared('ErrorCode').sort(), [...error.matchAll(/=> "([A-Z_]+)"/g)].map(([, code]) => code).sort());
});

/** The fields of a structure as they are serialised. */
function rustFields(source, name) {
  const [, body] = new RegExp(`pub struct ${name} \\{([^]*?)\\n\\}`).exec(source);
  return [...body.matchAll(/((?: {4}#\[[^\n]*\n)*) {4}pub (\w+): ([^\n]+),/g)].map(([, attributes, field, type]) => {
    const optional = attributes.includes('skip_serializing_if');
    return { name: field, optional, nullable: !optional && type.startsWith('Option<') };
  });
}
