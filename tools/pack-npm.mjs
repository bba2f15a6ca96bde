// Packs the npm package: `node tools/pack-npm.mjs FOLDER` puts npm/, the engine and the weights of www/ into FOLDER.
// Nothing is bundled or rewritten: what is published is what is in the repository.

import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PARTS = { npm: '.', 'www/engine': 'engine', 'www/pkg/cpu': 'pkg/cpu', 'www/pkg/webgpu': 'pkg/webgpu', 'www/models': 'models' };
const LICENSES = ['LICENSE-APACHE', 'LICENSE-MIT'];

/** Replaces FOLDER by the package; resolves to `name@version`. Both builds must have been made. */
export async function packNpm(folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const visible = (from) => !basename(from).startsWith('.');
  for (const [from, to] of Object.entries(PARTS)) {
    await cp(join(ROOT, from), join(folder, to), { recursive: true, filter: visible });
  }
  for (const file of LICENSES) await cp(join(ROOT, file), join(folder, file));
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const { name, ...rest } = manifest;
  const version = await programVersion();
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ name, version, ...rest }, null, 2)}\n`);
  return `${name}@${version}`;
}

/** The engine's own, so that the package and what `info()` says agree. */
async function programVersion() {
  const [, version] = /^\[workspace\.package\]\nversion = "([^"]+)"/m.exec(await readFile(join(ROOT, 'Cargo.toml'), 'utf8')) ?? [];
  if (!version) throw new Error('Cargo.toml names no version');
  return version;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(`    ${await packNpm(process.argv[2])}`);
}
