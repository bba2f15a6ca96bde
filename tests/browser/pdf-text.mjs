// Reads pages and text out of the PDF files that Chromium writes, as far as tests need it.

import { inflateSync } from 'node:zlib';

/**
 * @param {Buffer} file
 * @returns {{pages: {width: number, height: number}[], text: string}} sizes in points; all text without any spaces,
 *   because a PDF places words instead of spacing them
 */
export function readPdf(file) {
  const objects = objectsOf(file.toString('latin1'));
  const pages = [...objects.values()].filter(({ head }) => /\/Type\s*\/Page\b/.test(head));
  return {
    pages: pages.map(({ head }) => {
      const [, width, height] = /\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/.exec(head);
      return { width: Number(width), height: Number(height) };
    }),
    text: pages.map((page) => textOf(page, objects)).join(''),
  };
}

/** `{head, data}` of each numbered object; `data` is its unpacked stream, or ''. */
function objectsOf(source) {
  const objects = new Map();
  for (const match of source.matchAll(/(?:^|\n)(\d+) 0 obj\b/g)) {
    const start = match.index + match[0].length;
    const end = source.indexOf('endobj', start);
    const stream = /stream\r?\n/.exec(source.slice(start, end));
    const head = source.slice(start, stream ? start + stream.index : end);
    let data = '';
    if (stream) {
      const from = start + stream.index + stream[0].length;
      const bytes = Buffer.from(source.slice(from, source.indexOf('endstream', from)), 'latin1');
      data = head.includes('/FlateDecode') ? unpacked(bytes) : bytes.toString('latin1');
    }
    objects.set(match[1], { head, data });
  }
  return objects;
}

function unpacked(bytes) {
  try {
    return inflateSync(bytes).toString('latin1');
  } catch {
    return '';
  }
}

function textOf({ head }, objects) {
  const resources = /\/Resources\s+(\d+) 0 R/.exec(head) ? objects.get(/\/Resources\s+(\d+) 0 R/.exec(head)[1]).head : head;
  const fonts = new Map([...resources.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name, number]) => [name, charactersOf(objects.get(number).head, objects)]));
  const content = objects.get(/\/Contents\s+(\d+) 0 R/.exec(head)[1]).data;
  let characters = new Map();
  let text = '';
  for (const [, font, shown] of content.matchAll(/\/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>/g)) {
    if (font) characters = fonts.get(font) ?? new Map();
    else text += (shown.match(/.{4}/g) ?? []).map((glyph) => characters.get(glyph.toUpperCase()) ?? '').join('');
  }
  return text.normalize('NFKC').replaceAll(/\s/g, ''); // A ligature counts as its letters.
}

/** Which characters a font's glyphs stand for. */
function charactersOf(head, objects) {
  const table = objects.get(/\/ToUnicode (\d+) 0 R/.exec(head)?.[1])?.data ?? '';
  const characters = new Map();
  const decode = (hex) => String.fromCharCode(...(hex.match(/.{4}/g) ?? []).map((unit) => parseInt(unit, 16)));
  for (const [, block] of table.matchAll(/beginbfchar([^]*?)endbfchar/g)) {
    for (const [, glyph, hex] of block.matchAll(/<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>/g)) characters.set(glyph.toUpperCase(), decode(hex));
  }
  for (const [, block] of table.matchAll(/beginbfrange([^]*?)endbfrange/g)) {
    for (const [, first, last, hex] of block.matchAll(/<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>/g)) {
      for (let glyph = parseInt(first, 16); glyph <= parseInt(last, 16); glyph += 1) {
        const name = glyph.toString(16).padStart(4, '0').toUpperCase();
        characters.set(name, String.fromCharCode(parseInt(hex, 16) + glyph - parseInt(first, 16)));
      }
    }
  }
  return characters;
}
