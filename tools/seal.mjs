// Seals a packed page: its service worker learns which files belong to this version, and the page that it has one.
// `node tools/seal.mjs FOLDER`. The version is a hash over all files, so equal pages have equal versions.

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

const WORKER = 'service-worker.js';
/** A large download that only devices with a graphics card make: kept once it was made. */
const LATER = /^pkg\/webgpu\//;

/** Writes version and files into FOLDER/service-worker.js and the version into FOLDER/index.html; resolves to the version. */
export async function seal(folder) {
  const paths = await filesOf(folder);
  const version = hash(Buffer.from(JSON.stringify(await hashes(folder, [...paths, WORKER])))).slice(0, 12);
  await replace(join(folder, 'index.html'), /<meta name="inkbeat-sealed" content="">/, `<meta name="inkbeat-sealed" content="${version}">`);
  const files = Object.fromEntries(
    (await hashes(folder, paths)).map(([path, sha256]) => [path, LATER.test(path) ? { sha256, later: true } : { sha256 }]),
  );
  await replace(join(folder, WORKER), /const VERSION = 'unsealed';/, `const VERSION = '${version}';`);
  await replace(join(folder, WORKER), /const FILES = \{\};/, `const FILES = ${JSON.stringify(files, null, 1)};`);
  return version;
}

async function filesOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const inside = (entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length).split(sep).join('/');
  const visible = entries.filter((entry) => entry.isFile()).map(inside).filter((path) => !/(^|\/)\./.test(path));
  return visible.filter((path) => path !== WORKER).sort();
}

async function hashes(folder, paths) {
  return Promise.all(paths.map(async (path) => [path, hash(await readFile(join(folder, path)))]));
}

function hash(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

async function replace(file, before, after) {
  const text = await readFile(file, 'utf8');
  if (!before.test(text)) throw new Error(`${file} has nothing to seal: ${before}`);
  await writeFile(file, text.replace(before, () => after));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(`    version ${await seal(process.argv[2])}`);
}
