// The page: takes a file, shows how the reading goes, then its result. One reading at a time.

import { comparison } from './compare.js';
import { cornerCard } from './corners.js';
import { byId, element, keepingForms } from './dom.js';
import { Reader } from './engine/reader.js';
import { firstPaint } from './first-paint.js';
import { answerOf, forget, remember, showHistory } from './history.js';
import { guessKind, listenForFiles, nameOf, oneEcg, openedPicture, pageOfPdf, readBytes, sourceOf } from './intake.js';
import { onLanguage, say } from './language/language.js';
import { problem } from './language/sentences.js';
import { startLanguage } from './language/switch.js';
import { showModelFacts } from './model-card.js';
import { keepPage, sharedFiles } from './offline.js';
import { errorNodes, rejectedNodes } from './problem.js';
import { printButton, reportSheet } from './report.js';
import { addRequests, startCounting } from './requests.js';
import { resultNodes, summary } from './result.js';
import { showSamples } from './samples.js';
import { stripForm } from './strip-form.js';
import { applyView, startView, viewSwitch } from './view.js';
import { concernsStripOptions, LOADING_WORDS, megabytes, readyWords } from './words.js';
import { announce as tell, hideWork, showArrival, showStage, showWork } from './work.js';

const reader = new Reader(wantedDevice(), { onLoading: showLoading, onRequests: addRequests, onModel: showModels });
const loaded = firstPaint().then(() => reader.load());
loaded.catch(() => {}); // `getReady` tells of it, once the page has its language.

// What is being read or was read last: {files, sample, options, ignored, marks, page, picture}; options are a strip's, or
// {rectify, layout}, page is a PDF's as a picture, picture what was made of one that the engine can't open. Kept, so that
// trying again needs no new choice.
let current = null;
// Half of a WFDB pair that was refused for want of the other.
let waitingHalf = [];
// Counts readings; a stale one must not touch the page.
let turn = 0;
// Ends what the reading under way does with a PDF or a HEIC picture.
let opening = new AbortController();
// These say again, in another language, what is shown of the result and of the engine.
let retell = () => {};
let retellEngine = () => {};

listenForFiles((files) => takeFiles(files, null));
byId('cancel').addEventListener('click', cancel);
document.addEventListener('keydown', (event) => event.key === 'Escape' && !(byId('work').hidden && byId('pages').hidden) && cancel());
onLanguage(() => {
  retellEngine();
  retell();
});
startView(location.search);
const languageChosen = startLanguage();
// After the program, so that the page can be used the sooner.
const samplesShown = loaded.catch(() => {}).then(() => showSamples(takeFiles));
const historyShown = showHistory({ onOpen: openKept, onCompare: compareKept });
getReady();

async function getReady() {
  setState('loading');
  await languageChosen;
  try {
    await loaded;
  } catch (error) {
    showBrokenEngine(error);
    return;
  }
  setState('usable');
  if (!reader.waitsForDevice) showDevice();
  onLanguage(showModels);
  takeShared();
  await Promise.all([samplesShown, historyShown, reader.settled()]);
  await keepPage(); // Last, so that what it fetches is what the browser has just fetched, but for what reads PDFs.
  showDevice();
  setState('ready');
  startCounting();
  const { device, fallbackReason, selfTest, version } = reader;
  document.documentElement.dataset.selfTest = JSON.stringify(selfTest);
  document.dispatchEvent(new CustomEvent('inkbeat:ready', { detail: { device, fallbackReason, selfTest, version } }));
}

async function takeShared() {
  const files = await sharedFiles();
  if (files.length > 0) takeFiles(files, null);
}

function takeFiles(chosen, sample) {
  const { files, ignored } = oneEcg(chosen, waitingHalf);
  waitingHalf = [];
  current = { files, sample, ignored, options: {}, marks: {}, page: null, picture: null };
  readCurrent();
}

/** Reads `current` from its files to the shown result. */
async function readCurrent() {
  const { files, options, sample } = current;
  const mine = interrupt(); // A newer choice replaces a reading under way.
  const stale = () => mine !== turn;
  forget();
  let kind = 'printout';
  byId('result').hidden = true;
  try {
    const showPdf = () => showWork(nameOf(current), (kind = 'pdf'));
    const { signal } = opening;
    const listen = { signal, onPdf: showPdf, onStage: showStage, onChoosing: hideWork, onChosen: showPdf, onCancel: cancel };
    if (files.length === 1) current.page ??= await pageOfPdf(files[0], listen);
    if (stale()) return;
    const { page } = current;
    const inputs = await readBytes(page ? [page.file] : files);
    if (stale()) return;
    kind = guessKind(inputs[0].bytes);
    showWork(nameOf(current), page ? 'pdf' : kind);
    showStage('load');
    await loaded;
    if (stale()) return;
    if (reader.waitsForDevice) showStage('device');
    await reader.readyFor(inputs, (...amount) => stale() || showArrival(...amount));
    if (stale()) return;
    showStage('decode');
    if (inputs.length === 1) current.picture ??= await openedPicture(inputs[0], signal);
    if (stale()) return;
    const readable = current.picture ? [current.picture] : inputs;
    const answer = await reader.classify(readable, options, (stage) => stale() || showStage(stage));
    if (stale()) return;
    showOutcome(answer, answer.outcome.kind ?? kind, sample);
    announce(answer.outcome);
  } catch (error) {
    if (stale()) return;
    const { code = 'DEVICE_LOST', message, hint = '', detail = '' } = error;
    if (['DECODE', 'UNSUPPORTED_FORMAT'].includes(code) && files.length === 1) waitingHalf = files;
    const openForm = concernsStripOptions([{ message, hint }]);
    showResult(() => errorNodes({ code, message, hint, detail }, sourceOf(current, kind)), kind, { openForm, offerAgain: true });
    announce({ status: 'error', code, message, hint });
  }
}

/** Ends whatever is being read; returns the number of the turn that begins. */
function interrupt() {
  reader.cancel();
  opening.abort();
  opening = new AbortController();
  turn += 1;
  return turn;
}

function cancel() {
  interrupt();
  const error = problem('ABORTED', { message: 'page.stopped', hint: 'page.stoppedHint' });
  showResult(() => errorNodes(error, 'printout'), 'printout', { offerAgain: true });
  announce({ status: 'error', ...error });
}

function showOutcome(answer, kind, sample) {
  if (answer.outcome.status === 'rejected') {
    const openForm = concernsStripOptions(answer.outcome.issues);
    showResult(() => [...rejectedNodes(answer, sourceOf(current, kind)), ...cornerNodes(answer)], kind, { openForm, offerAgain: true });
    return;
  }
  const manifest = reader.manifests.find(({ name }) => name === answer.outcome.provenance.model);
  const { layout: said = {} } = current.options;
  const context = {
    sample,
    manifest,
    versions: versionWords(),
    source: sourceOf(current, kind),
    said,
    onSay: (layout) => readWith({ ...current.options, layout }),
    explain,
    readAt: new Date(),
    fileName: nameOf(current),
  };
  const makeNodes = () => [...resultNodes(answer, context), reportSheet(answer, context), ...cornerNodes(answer)];
  showResult(makeNodes, kind, { printable: true, onPaper: Boolean(answer.picture), spoken: () => summary(answer.outcome) });
  remember({ answer, ...context });
}

/** Shows a kept reading as it was. Its file isn't kept, so it can't be read in another way. */
async function openKept(reading) {
  const mine = beginInstead();
  const answer = await answerOf(reading);
  if (mine !== turn) return;
  const { readAt, fileName, sample, versions } = reading;
  const { model } = answer.outcome.provenance;
  const manifest = reader.manifests.find(({ name }) => name === model);
  const context = { sample, manifest, versions, source: 'kept', said: {}, onSay: null, explain, readAt, fileName };
  showResult(() => [...resultNodes(answer, context), reportSheet(answer, context)], 'kept', { printable: true, spoken: () => summary(answer.outcome) });
}

/** What each lead said, of a reading that is shown. */
function explain(windows) {
  return reader.explain(windows);
}

async function compareKept(older, newer) {
  const mine = beginInstead();
  const makeNodes = await comparison([older, newer]);
  if (mine === turn) showResult(makeNodes, 'kept', { title: 'compare.title' });
}

/** Ends whatever is being read, for something that is shown instead. */
function beginInstead() {
  forget();
  current = { files: [], sample: null, ignored: 0, options: {}, marks: {}, page: null, picture: null };
  return interrupt();
}

/** The card for marking the page by hand; unfolded where no page was found. */
function cornerNodes({ outcome, photo = null }) {
  if (!photo || current.files.length !== 1) return [];
  const open = outcome.status === 'rejected' && outcome.issues.some(({ code }) => code === 'NO_GRID');
  const onRead = (rectify) => {
    current.marks = {};
    readWith({ ...current.options, rectify });
  };
  const { files, page, picture } = current;
  const file = page?.file ?? (picture ? new Blob([picture.bytes]) : files[0]);
  return [cornerCard({ file, photo, open, before: current.options.rectify ?? null, draft: current.marks, onRead })];
}

/** Shows what `makeNodes()` builds, now and in every language chosen later. */
function showResult(makeNodes, kind, { title = 'result.title', openForm = false, offerAgain = false, printable = false, onPaper = false, spoken = () => '' }) {
  hideWork();
  const draw = () => drawResult(makeNodes(), kind, { title, openForm, offerAgain, printable, onPaper });
  retell = () => keepingForms(byId('result'), draw);
  draw();
  applyView(byId('result'));
  byId('result').hidden = false;
  tell(spoken());
  byId('result-title').focus({ preventScroll: true });
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  byId('result').scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'start' });
  showDevice();
}

function drawResult(nodes, kind, { title: titleKey, openForm, offerAgain, printable, onPaper }) {
  const { ignored, options, page } = current;
  const again = element('button', { type: 'button', class: 'button', id: 'again' }, say('result.again'));
  again.addEventListener('click', readCurrent);
  const another = element('a', { class: 'button', href: '#choose' }, say('choose.another'));
  const title = element('h2', { id: 'result-title', tabindex: '-1' }, say(titleKey));
  byId('result').replaceChildren(
    element('div', { class: 'result-head' }, title, element('p', { class: 'file-name' }, element('bdi', {}, nameOf(current)))),
    ...(ignored > 0 ? [element('p', { class: 'hint' }, say('result.ignored', { count: ignored }))] : []),
    ...nodes.slice(0, 1), // What to do comes before anything to choose.
    ...(printable ? [viewSwitch()] : []),
    ...nodes.slice(1),
    ...(['strip', 'recording'].includes(kind) ? [stripForm(options, openForm, (said) => readWith({ ...options, ...said }), onPaper)] : []),
    element('div', { class: 'buttons' }, offerAgain ? again : null, printable ? printButton() : null, page?.count > 1 ? otherPage() : null, another),
  );
}

/** Program and, where it is sealed, the page's own version. */
function versionWords() {
  const sealed = document.querySelector('meta[name="inkbeat-sealed"]').content;
  return `Inkbeat ${reader.version}${sealed ? ` (${sealed})` : ''}`;
}

function otherPage() {
  const button = element('button', { type: 'button', class: 'button', id: 'other-page' }, say('pdf.other'));
  button.addEventListener('click', () => {
    Object.assign(current, { options: {}, marks: {}, page: null });
    readCurrent();
  });
  return button;
}

function readWith(options) {
  current = { ...current, options };
  readCurrent();
}

function announce(detail) {
  document.dispatchEvent(new CustomEvent('inkbeat:outcome', { detail }));
}

function setState(state) {
  document.documentElement.dataset.state = state;
}

/** 'auto', 'cpu' or 'webgpu', from `?device=`. */
function wantedDevice() {
  const wanted = new URLSearchParams(location.search).get('device');
  return ['cpu', 'webgpu'].includes(wanted) ? wanted : 'auto';
}

function showLoading({ stage, loadedBytes, totalBytes }) {
  if (stage === 'weights') return; // Whoever has to wait for them is told in another place.
  byId('engine').classList.remove('settled');
  retellEngine = () => sayEngine(say(LOADING_WORDS[stage], loadedBytes === null ? {} : { amount: megabytes(loadedBytes) }));
  retellEngine();
  const bar = byId('engine-progress');
  bar.hidden = false;
  if (totalBytes === null) bar.removeAttribute('value');
  else bar.value = loadedBytes / totalBytes;
}

function sayEngine(sentence) {
  const place = byId('engine-words');
  delete place.dataset.say; // No longer what stands in the page from the start.
  place.textContent = sentence;
}

function showDevice() {
  if (!['usable', 'ready'].includes(document.documentElement.dataset.state)) return;
  const { device, fallbackReason } = reader;
  document.documentElement.dataset.device = device;
  byId('engine').classList.add('settled');
  byId('engine-progress').hidden = true;
  retellEngine = () => sayEngine(readyWords(device, fallbackReason));
  retellEngine();
  showModels();
}

/** Says which weights are in use: more and more while the page is young. */
function showModels() {
  showModelFacts(reader.manifests);
  const models = reader.manifests.map(({ name, version: weights }) => `${name} ${weights ?? ''}`.trim());
  byId('versions').textContent = [`Inkbeat ${reader.version}`, ...models].join(' · ');
}

/** Without an engine no file can be read: say so where the files are chosen. */
function showBrokenEngine({ code = 'INTEGRITY', message, hint = '', detail = '' }) {
  setState('failed');
  retellEngine = () => {
    const reload = element('button', { type: 'button', class: 'button' }, say('engine.reload'));
    reload.addEventListener('click', () => location.reload());
    byId('engine').replaceChildren(...errorNodes({ code, message, hint, detail }, 'printout'), reload);
  };
  retellEngine();
  announce({ status: 'error', code, message, hint });
}
