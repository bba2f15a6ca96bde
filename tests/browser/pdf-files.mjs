// PDF files made here by the specification (ISO 32000-1), so that none has to be kept: a scan, drawn ECGs, a letter,
// and files that are locked, cut off, empty or damaged.

import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

const POINTS_PER_MM = 72 / 25.4;
const A4_LYING_MM = [297, 210];
const A4_STANDING_MM = [210, 297];
/** Of 12 leads as shares of lead I: Einthoven's law holds between the first six. */
const LEADS = { I: 1, II: 1.2, III: 0.2, aVR: -1.1, aVL: 0.4, aVF: 0.7, V1: -0.6, V2: -0.3, V3: 0.5, V4: 1.2, V5: 1.3, V6: 1.1 };
const ROWS = [['I', 'aVR', 'V1', 'V4'], ['II', 'aVL', 'V2', 'V5'], ['III', 'aVF', 'V3', 'V6']];
/** What the standard has a short or empty password filled up with. */
const PADDING = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex');

/** A page that holds nothing but a picture, as scanners write it; `jpeg` is a sample of 1485 × 1050 pixels of an A4 sheet. */
export function scanPage(jpeg) {
  const [width, height] = A4_LYING_MM.map((mm) => mm * POINTS_PER_MM);
  const image = { dictionary: '/Type /XObject /Subtype /Image /Width 1485 /Height 1050 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode', data: jpeg };
  return { sizeMm: A4_LYING_MM, content: `q ${width} 0 0 ${height} 0 0 cm /Picture Do Q`, image };
}

/** Twelve leads drawn as lines on a drawn grid: three rows of four and a strip of lead II, from a sample of lead I. */
export function drawnPage(csv) {
  const { rateHz, millivolts } = signalOf(csv);
  const drawing = new Drawing(A4_LYING_MM);
  drawing.grid(20, 25, 260, 165);
  ROWS.forEach((leads, row) => leads.forEach((lead, column) => {
    const [x, y] = [25 + column * 62.5, 165 - row * 38];
    const from = Math.round(column * 2.5 * rateHz);
    drawing.trace(millivolts.slice(from, from + 2.5 * rateHz).map((value) => value * LEADS[lead]), rateHz, x, y);
    drawing.text(lead, x + 1, y + 12, 11);
  }));
  drawing.trace(millivolts.map((value) => value * LEADS.II), rateHz, 25, 48);
  drawing.text('II', 26, 60, 11);
  drawing.text('25 mm/s   10 mm/mV', 25, 15, 9);
  return { sizeMm: A4_LYING_MM, content: drawing.content() };
}

/** One lead in three rows of ten seconds, as watches and pocket recorders export it. */
export function singleLeadPage(csv) {
  const { rateHz, millivolts } = signalOf(csv);
  const drawing = new Drawing(A4_LYING_MM);
  drawing.text('Sinus rhythm, 72 BPM average', 20, 190, 14);
  drawing.grid(20, 35, 260, 135);
  [150, 105, 60].forEach((baseline, row) => {
    const from = Math.round(row * 0.29 * rateHz); // The heart doesn't begin anew with each row.
    drawing.trace([...millivolts.slice(from), ...millivolts.slice(0, from)], rateHz, 25, baseline);
  });
  drawing.text('25 mm/s, 10 mm/mV, Lead I, 512 Hz', 20, 20, 9);
  return { sizeMm: A4_LYING_MM, content: drawing.content() };
}

/** A standing page of writing. */
export function letterPage(title) {
  const drawing = new Drawing(A4_STANDING_MM);
  drawing.text(title, 25, 265, 18);
  for (let line = 0; line < 30; line += 1) drawing.text('This line of a letter says nothing about any heart at all.', 25, 250 - line * 7, 10);
  return { sizeMm: A4_STANDING_MM, content: drawing.content() };
}

/** An empty sheet as a fax machine stores it (CCITT group 4, where a bit for each row says “as the one above”). */
export function faxPage() {
  const image = {
    dictionary: '/Type /XObject /Subtype /Image /Width 1728 /Height 1000 /ColorSpace /DeviceGray /BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /Columns 1728 /Rows 1000 >>',
    data: Buffer.alloc(125, 0xff),
  };
  return { sizeMm: A4_STANDING_MM, content: 'q 500 0 0 700 0 0 cm /Picture Do Q', image };
}

/** The same page said to be as large as a house: a scan stored with one point per pixel is like that. */
export function enlarged(page, times) {
  return { ...page, sizeMm: page.sizeMm.map((mm) => mm * times), content: `q ${times} 0 0 ${times} 0 0 cm ${page.content} Q` };
}

/** A file of these pages. With a password, the 40-bit RC4 of the standard's algorithms 2 to 4. */
export function pdf(pages, { password = null } = {}) {
  const id = createHash('md5').update('inkbeat').digest();
  const lock = password === null ? null : lockOf(password, id);
  const objects = ['<< /Type /Catalog /Pages 2 0 R >>'];
  const font = '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>';
  const kids = pages.map((_, index) => `${3 + index * 3} 0 R`);
  objects.push(`<< /Type /Pages /Count ${pages.length} /Kids [${kids.join(' ')}] >>`);
  pages.forEach(({ sizeMm, content, image }, index) => {
    const number = 3 + index * 3;
    const box = sizeMm.map((mm) => (mm * POINTS_PER_MM).toFixed(2)).join(' ');
    const picture = image ? `/XObject << /Picture ${number + 2} 0 R >>` : '';
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${box}] /Contents ${number + 1} 0 R /Resources << /Font << /F1 ${font} >> ${picture} >> >>`);
    objects.push(stream('/Filter /FlateDecode', deflateSync(Buffer.from(content)), number + 1, lock));
    objects.push(image ? stream(image.dictionary, image.data, number + 2, lock) : 'null');
  });
  const parts = [Buffer.from('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  const offsets = [];
  objects.forEach((object, index) => {
    offsets.push(parts.reduce((sum, { length }) => sum + length, 0));
    parts.push(Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(object), Buffer.from('\nendobj\n'));
  });
  const start = parts.reduce((sum, { length }) => sum + length, 0);
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const hex = id.toString('hex');
  const trailer = `<< /Size ${objects.length + 1} /Root 1 0 R /ID [<${hex}> <${hex}>] ${lock ? lock.dictionary : ''} >>`;
  parts.push(Buffer.from(`xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n${trailer}\nstartxref\n${start}\n%%EOF\n`));
  return Buffer.concat(parts);
}

/** Lines and words in millimetres from the lower left corner. */
class Drawing {
  #operators = [];

  constructor([width, height]) {
    this.#operators.push(`1 1 1 rg 0 0 ${width * POINTS_PER_MM} ${height * POINTS_PER_MM} re f ${POINTS_PER_MM} 0 0 ${POINTS_PER_MM} 0 0 cm 1 j 1 J`);
  }

  grid(left, bottom, width, height) {
    for (const [step, colour, line] of [[1, '0.98 0.80 0.80', 0.1], [5, '0.93 0.55 0.55', 0.2]]) {
      this.#operators.push(`${colour} RG ${line} w`);
      for (let x = 0; x <= width; x += step) this.#operators.push(`${left + x} ${bottom} m ${left + x} ${bottom + height} l`);
      for (let y = 0; y <= height; y += step) this.#operators.push(`${left} ${bottom + y} m ${left + width} ${bottom + y} l`);
      this.#operators.push('S');
    }
  }

  /** At 25 mm/s and 10 mm/mV. */
  trace(millivolts, rateHz, left, baseline) {
    const points = millivolts.map((value, index) => `${(left + (index / rateHz) * 25).toFixed(3)} ${(baseline + value * 10).toFixed(3)}`);
    this.#operators.push(`0 0 0 RG 0.3 w ${points[0]} m ${points.slice(1).join(' l ')} l S`);
  }

  text(words, x, y, sizePoints) {
    this.#operators.push(`0 0 0 rg BT /F1 ${sizePoints / POINTS_PER_MM} Tf ${x} ${y} Td (${words}) Tj ET`);
  }

  content() {
    return this.#operators.join('\n');
  }
}

function signalOf(csv) {
  const rows = csv.trim().split('\n').slice(1).map((line) => line.split(',').map(Number));
  return { rateHz: Math.round(1 / (rows[1][0] - rows[0][0])), millivolts: rows.map(([, value]) => value) };
}

function stream(dictionary, data, number, lock) {
  const bytes = lock ? rc4(lock.keyOf(number), data) : data;
  return Buffer.concat([Buffer.from(`<< ${dictionary} /Length ${bytes.length} >>\nstream\n`), bytes, Buffer.from('\nendstream')]);
}

/** The key and dictionary of the standard's security handler, revision 2, with one password for user and owner. */
function lockOf(password, id) {
  const padded = Buffer.concat([Buffer.from(password, 'latin1'), PADDING]).subarray(0, 32);
  const permissions = Buffer.from([0xfc, 0xff, 0xff, 0xff]); // Everything is allowed.
  const owner = rc4(md5(padded).subarray(0, 5), padded);
  const key = md5(padded, owner, permissions, id).subarray(0, 5);
  const user = rc4(key, PADDING);
  return {
    dictionary: `/Encrypt << /Filter /Standard /V 1 /R 2 /O <${owner.toString('hex')}> /U <${user.toString('hex')}> /P -4 >>`,
    keyOf: (number) => md5(key, Buffer.from([number & 255, number >> 8, 0, 0, 0])).subarray(0, 10),
  };
}

function md5(...parts) {
  return createHash('md5').update(Buffer.concat(parts)).digest();
}

/** Node's own needs an outdated provider of OpenSSL. */
function rc4(key, data) {
  const state = Array.from({ length: 256 }, (_, index) => index);
  for (let i = 0, j = 0; i < 256; i += 1) {
    j = (j + state[i] + key[i % key.length]) & 255;
    [state[i], state[j]] = [state[j], state[i]];
  }
  let [i, j] = [0, 0];
  return Buffer.from(data.map((byte) => {
    i = (i + 1) & 255;
    j = (j + state[i]) & 255;
    [state[i], state[j]] = [state[j], state[i]];
    return byte ^ state[(state[i] + state[j]) & 255];
  }));
}
