// ECGs in PDF files: told by their content, one page of them drawn and read; what can't be read says why and what to do;
// and nothing is asked for but the page's own parts that read PDFs.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';

import { assertExplained, openPage, PATIENCE_MS, readSample } from './page.mjs';
import { drawnPage, enlarged, faxPage, letterPage, pdf, scanPage, singleLeadPage } from './pdf-files.mjs';

const RESULTS = fileURLToPath(new URL('../../test-results', import.meta.url));
const PARTS = ['pdf/page.js', 'pdf/chooser.js', 'pdf/document.js', 'pkg/pdf/pdf.js', 'pkg/pdf/worker.js'];

let opened;
let page;
let scan;
let drawn;
let singleLead;
const asked = [];

before(async () => {
  await mkdir(RESULTS, { recursive: true });
  opened = await openPage({ query: '?device=cpu', viewport: { width: 360, height: 800 } });
  ({ page } = opened);
  opened.context.on('request', (request) => request.url().startsWith('http') && asked.push(request));
  scan = scanPage(await readSample('printout-lbbb.jpg'));
  const csv = (await readSample('strip-normal.csv')).toString('utf8');
  drawn = drawnPage(csv);
  singleLead = singleLeadPage(csv);
});

after(() => opened.close());

const give = (name, buffer) => page.setInputFiles('#file', { name, mimeType: 'application/octet-stream', buffer });
const choose = (name, buffer) => opened.outcomeOf(() => give(name, buffer));
const addresses = () => asked.map((request) => request.url().slice(opened.origin.length));
/** Presses the button to cancel as soon as the stage with these words is under way. */
const cancelAt = (words) => page.evaluate((stage) => {
  const observer = new MutationObserver(() => {
    if (document.querySelector('#work-stages .now')?.textContent !== stage) return;
    observer.disconnect();
    document.getElementById('cancel').click();
  });
  observer.observe(document.getElementById('work-stages'), { childList: true });
}, words);

test('a scan in a PDF is read; all that is asked for are the parts that read PDFs', { timeout: PATIENCE_MS }, async () => {
  assert.equal(await page.textContent('#request-count'), '0');
  const outcome = await choose('scan.pdf', pdf([scan]));
  assert.equal(outcome.status, 'ok', JSON.stringify(outcome).slice(0, 300));
  assert.equal(outcome.layout.name, '3x4+1');
  assert.ok(outcome.findings.some(({ code }) => code === 'CD'), 'the block is found');
  assert.deepEqual(addresses().sort(), [...PARTS].sort());
  for (const request of asked) {
    assert.equal(request.method(), 'GET');
    assert.equal(request.postData(), null);
  }
  await page.waitForFunction((count) => document.getElementById('request-count').textContent === String(count), PARTS.length);
  assert.ok(await page.isVisible('#request-parts'), 'the page says what the requests were for');
  assert.equal(await page.textContent('.file-name bdi'), 'scan.pdf');
});

test('a drawn ECG is read, whatever its name and with other bytes before it', { timeout: PATIENCE_MS }, async () => {
  const outcome = await choose('mail.txt', Buffer.concat([Buffer.from('X-Header: 1\r\n'.repeat(40)), pdf([drawn])]));
  assert.equal(outcome.status, 'ok', JSON.stringify(outcome).slice(0, 300));
  assert.equal(outcome.layout.name, '3x4+1');
  assert.equal(outcome.layout.speed_mm_s, 25);
  assert.ok(outcome.findings.some(({ code }) => code === 'SR'));
  assert.deepEqual(addresses().slice(PARTS.length), [], 'the parts are there already');
});

test('of several pages one is chosen, by keyboard, on a phone and on a desk', { timeout: 2 * PATIENCE_MS }, async () => {
  const file = pdf([letterPage('Discharge letter'), scan, drawn, letterPage('Bill'), letterPage('Map')]);
  for (const [width, height] of [[1280, 900], [360, 800]]) {
    await page.setViewportSize({ width, height });
    await give('report.pdf', file);
    await page.getByRole('heading', { name: 'Which page shows the ECG?' }).waitFor();
    assert.equal(await page.getByRole('radio').count(), 5);
    assert.ok(await page.getByRole('radio', { name: 'Page 1', exact: true }).isChecked());
    await page.waitForFunction(() => document.querySelectorAll('.page-picture canvas').length === 5);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
    await page.screenshot({ path: `${RESULTS}/pdf-pages-${width}.png` });
  }
  assert.equal(await page.evaluate(() => document.activeElement.id), 'pdf-page-1');
  await page.selectOption('#language', 'de');
  await page.getByRole('heading', { name: 'Auf welcher Seite ist das EKG?' }).waitFor();
  await page.selectOption('#language', 'en');
  await page.focus('#pdf-page-1');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.textContent('#pages-read'), 'Read page 2');
  const outcome = await opened.outcomeOf(() => page.keyboard.press('Enter'));
  assert.equal(outcome.status, 'ok');
  assert.ok(outcome.findings.some(({ code }) => code === 'CD'), 'it is the second page');
  assert.equal(await page.textContent('.file-name bdi'), 'report.pdf (2/5)');
  assert.equal(await page.locator('#pages').isVisible(), false);
});

test('another page of the same file can be chosen; what shows no ECG says what to try', { timeout: 2 * PATIENCE_MS }, async () => {
  await page.click('#other-page');
  await page.getByRole('radio', { name: 'Page 4', exact: true }).check();
  const outcome = await opened.outcomeOf(() => page.click('#pages-read'));
  assert.equal(outcome.status, 'rejected');
  const shown = await page.textContent('#result');
  for (const words of [/another page of the PDF/, /where the app exports one: as CSV/, /report\.pdf \(4\/5\)/]) assert.match(shown, words);
  // Which reasons a letter is refused for depends on the fonts it is drawn with.
  assert.match(shown, /save the PDF again in colour|the PDF that the ECG program itself saves/, 'the hint is for a PDF');
  assert.doesNotMatch(shown, /Take the photo again|Photograph/);
  await page.evaluate(() => (document.getElementById('corners').open = true));
  await page.locator('.corner-mark').first().waitFor(); // The page that was drawn can be marked by hand as a photo can.
});

test('choosing can be stopped, by button and by Escape, and begun again', { timeout: PATIENCE_MS }, async () => {
  const stops = [() => page.click('#pages-cancel'), () => page.keyboard.press('Escape')];
  await page.click('#other-page');
  for (const stop of stops) {
    await page.locator('#pages-read').waitFor();
    assert.equal((await opened.outcomeOf(stop)).code, 'ABORTED');
    assert.equal(await page.locator('#pages').isVisible(), false);
    await page.click('#again');
  }
  await page.locator('#pages-read').waitFor();
});

test('another file takes the place of a choice; drawing can be stopped, and the next PDF is read', { timeout: PATIENCE_MS }, async () => {
  await cancelAt('Drawing its page');
  const stopped = await choose('scan.pdf', pdf([enlarged(scan, 8)]));
  assert.equal(stopped.code, 'ABORTED');
  assert.equal(await page.locator('#pages').isVisible(), false);
  const outcome = await opened.outcomeOf(() => page.click('#again'));
  assert.equal(outcome.status, 'ok', 'a page said to be metres wide is scaled down');
});

test('one lead in several rows is read as a strip, which the page says; its lead can be named', { timeout: PATIENCE_MS }, async () => {
  const outcome = await choose('watch.pdf', pdf([singleLead]));
  assert.equal(outcome.kind, 'strip', JSON.stringify(outcome).slice(0, 300));
  assert.deepEqual([outcome.layout.name, outcome.lead, outcome.provenance.model], ['one lead', 'unknown', 'lead-student']);
  assert.ok(outcome.quality.issues.some(({ code }) => code === 'ONE_LEAD'));
  // Whatever the made-up curves say of the paper's speed, a person knows it.
  const told = await opened.outcomeOf(() => page.click('[aria-labelledby="layout-speed"] [data-value="25"]'));
  const { value } = told.measurements.heart_rate_bpm;
  const strip = await opened.outcomeOf(() => page.click('[data-file="strip-normal.csv"]'));
  assert.ok(Math.abs(value - strip.measurements.heart_rate_bpm.value) < 3, `${value}`);

  await choose('watch.pdf', pdf([singleLead]));
  assert.match(await page.textContent('#result'), /one lead, row after row/);
  assert.ok(await page.isVisible('.tracing-overlay'), 'the curves can be checked against the page');
  await page.locator('#result').screenshot({ path: `${RESULTS}/watch-page.png` });
  await page.click('.strip-options summary');
  assert.equal(await page.locator('#strip-rate').count(), 0, 'paper has no sample rate');
  await page.selectOption('#strip-lead', 'I');
  const named = await opened.outcomeOf(() => page.click('.strip-options button'));
  assert.deepEqual([named.kind, named.lead], ['strip', 'I']);

  const other = await opened.outcomeOf(() => page.click('[data-value="12x1"]'));
  assert.notEqual(other.kind, 'strip', 'a person knows better');
});

test('what scanners write is decoded by parts of the page', { timeout: PATIENCE_MS }, async () => {
  const before = asked.length;
  const outcome = await choose('fax.pdf', pdf([faxPage()]));
  assert.equal(outcome.status, 'rejected');
  assert.deepEqual(addresses().slice(before), ['pkg/pdf/jbig2.wasm']);
});

test('what can’t be read says why and what to do', { timeout: PATIENCE_MS }, async () => {
  const whole = pdf([scan]);
  const cases = [
    ['locked', pdf([drawn], { password: 'secret' }), 'UNSUPPORTED_FORMAT', /locked with a password/, /screenshot/],
    ['cut', whole.subarray(0, whole.length * 0.6), 'DECODE', /incomplete/, /export it again/],
    ['junk', Buffer.from(`%PDF-1.7\n${'x'.repeat(3000)}\n%%EOF`), 'DECODE', /damaged/, /export it again/],
    ['empty', pdf([]), 'DECODE', /no pages/, /photo or screenshot/],
  ];
  for (const [title, bytes, code, message, hint] of cases) {
    await assertExplained(page, await choose(`${title}.pdf`, bytes), { title, code, message, hint });
  }
  await page.selectOption('#language', 'es');
  await page.getByText('Exporte el ECG de nuevo').waitFor();
  await page.selectOption('#language', 'en');
});

test('a PDF that is dropped is one too; a huge one is refused before it is opened', { timeout: PATIENCE_MS }, async () => {
  const outcome = await opened.outcomeOf(() => page.evaluate(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['%PDF-1.7\n', new Uint8Array(51 * 1024 * 1024)], 'atlas.pdf'));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }));
  assert.equal(outcome.code, 'TOO_LARGE');
  assert.match(outcome.message, /51 MB; up to 50 MB/);
  assert.match(outcome.hint, /Save only the page/);
});

test('a PDF that is pasted is one too', { timeout: PATIENCE_MS }, async () => {
  const outcome = await opened.outcomeOf(() => page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(['%PDF-1.7 and no more'], 'pasted'));
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }));
  assert.match(outcome.message, /This PDF is incomplete/);
});

test('an empty password opens, as in every program', { timeout: PATIENCE_MS }, async () => {
  const outcome = await choose('printable.pdf', pdf([drawn], { password: '' }));
  assert.equal(outcome.status, 'ok');
});

test('the page complained about nothing', () => {
  assert.deepEqual(opened.problems, []);
});

test('a part that can’t be had is named, and fetched again the next time', { timeout: PATIENCE_MS }, async (t) => {
  const other = await openPage({ query: '?device=cpu' });
  t.after(other.close);
  const choosePages = () => other.page.setInputFiles('#file', { name: 'letters.pdf', mimeType: 'application/pdf', buffer: pdf([letterPage('A'), letterPage('B')]) });
  await other.page.route('**/pkg/pdf/worker.js', (route) => route.fulfill({ status: 404 }));
  const outcome = await other.outcomeOf(choosePages);
  assert.equal(outcome.code, 'INTEGRITY');
  assert.match(outcome.message, /worker\.js/);
  await other.page.unroute('**/pkg/pdf/worker.js');
  await choosePages();
  await other.page.locator('.page-picture canvas').nth(1).waitFor();
});
