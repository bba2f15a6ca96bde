// Marking the page on the photo by hand: four corners to drag or to move with the arrow keys, and the paper's size.

import { element, svgElement } from './dom.js';
import { field, select } from './form-fields.js';
import { say } from './language/language.js';

const SHOWN_PX = 1600; // Longer side of the photo as it is shown: enough for a loupe, little enough for a phone's memory.
const LOUPE_PX = 120;
const LOUPE_ZOOM = 3;
const STEP = 0.01; // Of the photo's side, for an arrow key; with Shift a tenth of it.
const SQUARE_MM = 5;

const CORNERS = ['corner.upperLeft', 'corner.upperRight', 'corner.lowerRight', 'corner.lowerLeft'];
const START = [[0.08, 0.08], [0.92, 0.08], [0.92, 0.92], [0.08, 0.92]];

const PAPERS = [
  { key: 'a4-wide', words: 'corner.a4Wide', size: [297, 210] },
  { key: 'a4-tall', words: 'corner.a4Tall', size: [210, 297] },
  { key: 'letter-wide', words: 'corner.letterWide', size: [279.4, 215.9] },
  { key: 'letter-tall', words: 'corner.letterTall', size: [215.9, 279.4] },
  { key: 'squares', words: 'corner.squares', size: null },
];

/**
 * A folded card; the photo is only opened when it is unfolded.
 * @param {{
 *   file: Blob, photo: {width: number, height: number}|null, open: boolean,
 *   before: {corners: number[][], paper: {width_mm: number, height_mm: number}}|null,
 *   draft: {points?: number[][], paper?: string, squares?: string[], open?: boolean}, onRead: (rectify: object|undefined) => void,
 * }} settings `photo` is the engine's size of the upright photo, `before` what was marked last; the card keeps what
 *   isn't read yet in `draft`, so that it can be built again in another language
 */
export function cornerCard({ file, photo, open, before, draft, onRead }) {
  const place = element('div', {}, element('p', { class: 'hint' }, say('corner.opening')));
  const summary = say(open ? 'corner.title' : 'corner.titleWrong');
  const card = element('details', { class: 'card corners', id: 'corners' }, element('summary', {}, summary), place);
  const fill = async () => {
    if (!card.open || card.dataset.filled) return;
    card.dataset.filled = 'true';
    place.replaceChildren(...(await editor(file, photo, before, draft, onRead)));
  };
  card.addEventListener('toggle', () => {
    draft.open = card.open;
    fill();
  });
  card.open = draft.open ?? open;
  return card;
}

async function editor(file, photo, before, draft, onRead) {
  const shown = await openPhoto(file, photo);
  if (shown === null) {
    return [element('p', {}, say('corner.cantShow'))];
  }
  const { canvas, size } = shown;
  draft.points ??= before ? before.corners.map(([x, y]) => [x / size.width, y / size.height]) : START.map((point) => [...point]);
  const stage = cornerStage(canvas, draft.points);
  const paper = paperFields(before?.paper, draft);
  const problem = element('p', { class: 'corner-problem', role: 'status' });
  const turn = element('button', { type: 'button', class: 'button' }, say('corner.turn'));
  turn.addEventListener('click', stage.turn);
  const read = element('button', { type: 'submit', class: 'button primary' }, say('corner.read'));
  const forget = before ? element('button', { type: 'button', class: 'button' }, say('corner.forget')) : null;
  forget?.addEventListener('click', () => onRead(undefined));
  const form = element(
    'form',
    { class: 'corner-form', novalidate: true },
    element('p', {}, say('corner.how')),
    stage.node,
    turn,
    ...paper.nodes,
    problem,
    element('div', { class: 'buttons' }, read, forget),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const size_mm = paper.sizeMm();
    problem.textContent = complaint(stage.points, size, size_mm);
    if (problem.textContent !== '') return;
    onRead({
      corners: stage.points.map(([x, y]) => [x * size.width, y * size.height]),
      paper: { width_mm: size_mm[0], height_mm: size_mm[1] },
    });
  });
  return [form];
}

/** The photo on a canvas, upright, and the size that corners count in; `null` if the browser can't or sees another picture. */
async function openPhoto(file, photo) {
  try {
    const bitmap = await createImageBitmap(file);
    const size = photo ?? { width: bitmap.width, height: bitmap.height };
    const sameShape = Math.abs(bitmap.width * size.height - bitmap.height * size.width) <= 2 * Math.max(size.width, size.height);
    if (!sameShape) return null;
    const scale = Math.min(1, SHOWN_PX / Math.max(bitmap.width, bitmap.height));
    const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
    const canvas = element('canvas', { width, height, role: 'img', 'aria-label': say('corner.photo') });
    const pen = canvas.getContext('2d');
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    return { canvas, size };
  } catch {
    return null;
  }
}

/** The photo with its four marks. `points` are shares of its width and height, in the order of CORNERS; moving a mark changes them. */
function cornerStage(canvas, points) {
  const outline = svgElement('polygon', { class: 'corner-outline' });
  const top = svgElement('line', { class: 'corner-top' });
  const drawing = svgElement('svg', { viewBox: '0 0 100 100', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, outline, top);
  const loupe = element('canvas', { class: 'loupe', width: LOUPE_PX, height: LOUPE_PX, 'aria-hidden': 'true', hidden: true });
  const marks = CORNERS.map((name, index) => element('button', { type: 'button', class: 'corner-mark', 'data-corner': index }));
  const help = element('p', { class: 'hint', id: 'corner-help' }, say('corner.keys'));
  const node = element('div', {}, element('div', { class: 'corner-stage' }, canvas, drawing, marks, loupe), help);

  const show = () => {
    outline.setAttribute('points', points.map(([x, y]) => `${x * 100},${y * 100}`).join(' '));
    for (const [name, value] of [['x1', points[0][0]], ['y1', points[0][1]], ['x2', points[1][0]], ['y2', points[1][1]]]) {
      top.setAttribute(name, String(value * 100));
    }
    marks.forEach((mark, index) => {
      const [x, y] = points[index];
      mark.style.setProperty('left', `${x * 100}%`);
      mark.style.setProperty('top', `${y * 100}%`);
      const [right, down] = [x, y].map((share) => Math.round(share * 100));
      mark.setAttribute('aria-label', say('corner.at', { corner: say(CORNERS[index]), right, down }));
    });
  };
  const move = (index, x, y) => {
    points[index] = [x, y].map((share) => Math.min(1, Math.max(0, share)));
    show();
  };
  marks.forEach((mark, index) => {
    mark.setAttribute('aria-describedby', 'corner-help');
    listenToPointer(mark, canvas, () => points[index], (x, y) => move(index, x, y), (point) => showLoupe(loupe, canvas, point));
    mark.addEventListener('keydown', (event) => {
      const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!direction) return;
      event.preventDefault();
      const step = event.shiftKey ? STEP / 10 : STEP;
      move(index, points[index][0] + direction[0] * step, points[index][1] + direction[1] * step);
    });
  });
  const turn = () => {
    // A quarter turn clockwise: what was the left edge becomes the top.
    points.unshift(points.pop());
    show();
  };
  show();
  return { node, points, turn };
}

/** Lets a finger or mouse drag a mark; where it was taken hold of doesn't make it jump. */
function listenToPointer(mark, canvas, point, move, look) {
  let hold = null;
  mark.addEventListener('pointerdown', (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const [x, y] = point();
    hold = [x - (event.clientX - left) / width, y - (event.clientY - top) / height];
    mark.setPointerCapture(event.pointerId);
    look(point());
  });
  mark.addEventListener('pointermove', (event) => {
    if (hold === null) return;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    move((event.clientX - left) / width + hold[0], (event.clientY - top) / height + hold[1]);
    look(point());
  });
  const release = () => {
    hold = null;
    look(null);
  };
  mark.addEventListener('pointerup', release);
  mark.addEventListener('pointercancel', release);
}

/** What lies under the finger, enlarged, in the upper corner that is further away from it. */
function showLoupe(loupe, canvas, point) {
  loupe.hidden = point === null;
  if (point === null) return;
  const [x, y] = [point[0] * canvas.width, point[1] * canvas.height];
  const pen = loupe.getContext('2d');
  const side = LOUPE_PX / LOUPE_ZOOM * (canvas.width / Math.max(1, canvas.clientWidth));
  pen.fillStyle = '#808080';
  pen.fillRect(0, 0, LOUPE_PX, LOUPE_PX);
  pen.drawImage(canvas, x - side / 2, y - side / 2, side, side, 0, 0, LOUPE_PX, LOUPE_PX);
  pen.strokeStyle = '#d6006c';
  pen.beginPath();
  pen.moveTo(LOUPE_PX / 2, 0);
  pen.lineTo(LOUPE_PX / 2, LOUPE_PX);
  pen.moveTo(0, LOUPE_PX / 2);
  pen.lineTo(LOUPE_PX, LOUPE_PX / 2);
  pen.stroke();
  loupe.classList.toggle('right', point[0] < 0.5);
}

function paperFields(before, draft) {
  const known = PAPERS.find(({ size }) => before && size && size[0] === before.width_mm && size[1] === before.height_mm);
  const chosen = draft.paper ?? known?.key ?? (before ? 'squares' : 'a4-wide');
  const paper = select('paper-size', PAPERS.map(({ key, words }) => [key, say(words)]), chosen);
  const count = (id, mm, fallback) => element('input', {
    id, type: 'number', inputmode: 'numeric', min: '5', max: '90', step: 'any', value: mm && !known ? mm / SQUARE_MM : fallback,
  });
  const across = count('squares-across', before?.width_mm, 50);
  const down = count('squares-down', before?.height_mm, 30);
  if (draft.squares) [across.value, down.value] = draft.squares;
  const squares = element(
    'div',
    { class: 'corner-squares' },
    field(say('corner.across'), across, say('corner.acrossHint')),
    field(say('corner.down'), down, say('corner.downHint')),
  );
  const keep = () => {
    squares.hidden = paper.value !== 'squares';
    Object.assign(draft, { paper: paper.value, squares: [across.value, down.value] });
  };
  for (const control of [paper, across, down]) control.addEventListener('input', keep);
  keep();
  const sizeMm = () => PAPERS.find(({ key }) => key === paper.value).size
    ?? [across, down].map(({ valueAsNumber }) => valueAsNumber * SQUARE_MM);
  return { nodes: [field(say('corner.encloses'), paper, say('corner.enclosesHint')), squares], sizeMm };
}

/** What is wrong with the marks or the size, or ''. */
function complaint(points, size, sizeMm) {
  if (!sizeMm.every((mm) => mm >= 25 && mm <= 450)) return say('corner.badSize');
  const corners = points.map(([x, y]) => [x * size.width, y * size.height]);
  const turns = corners.map((corner, index) => {
    const [next, after] = [corners[(index + 1) % 4], corners[(index + 2) % 4]];
    return (next[0] - corner[0]) * (after[1] - next[1]) - (next[1] - corner[1]) * (after[0] - next[0]);
  });
  const smallest = size.width * size.height * 0.005;
  if (!turns.every((turn) => turn > smallest)) return say('corner.badMarks');
  return '';
}
