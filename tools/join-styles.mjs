// Joins the style sheets of a packed page into one: `node tools/join-styles.mjs FOLDER`. The page is shown when its last sheet
// is there, and hosts without HTTP/2 send a dozen of them in several rounds.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const JOINED = 'styles/all.css';
const LINK = /^ *<link rel="stylesheet" href="([^"]+)">\n/gm;

/** Replaces all sheets that FOLDER/index.html names by one, in their order; resolves to their number. */
export async function joinStyles(folder) {
  const page = join(folder, 'index.html');
  const html = await readFile(page, 'utf8');
  const paths = [...html.matchAll(LINK)].map(([, path]) => path);
  const sheets = await Promise.all(paths.map((path) => readFile(join(folder, path), 'utf8')));
  if (sheets.length === 0) throw new Error(`${page} names no style sheets`);
  const relative = sheets.findIndex((sheet) => /url\(|@import|@charset/.test(sheet));
  if (relative >= 0) throw new Error(`${paths[relative]} names other files, or has to come first`);
  let links = 0;
  await writeFile(page, html.replaceAll(LINK, (link, path) => (links++ === 0 ? link.replace(path, JOINED) : '')));
  await Promise.all(paths.map((path) => rm(join(folder, path))));
  await writeFile(join(folder, JOINED), sheets.join('\n'));
  return paths.length;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(`    ${await joinStyles(process.argv[2])} style sheets joined`);
}
