// Building elements without markup strings: text from files and models can then never become HTML.

const SVG = 'http://www.w3.org/2000/svg';

/** An HTML element with attributes (`true` = present, `false`/`null` = absent) and children (nodes or text). */
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svgElement(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** The element with this id, which index.html promises to have. */
export function byId(id) {
  return document.getElementById(id);
}

/** Rebuilds what is inside `place`, keeping what was typed and unfolded, and the focus, where the same things come back. */
export function keepingForms(place, rebuild) {
  const controls = [...place.querySelectorAll('input[id], select[id]')].map(({ id, value, checked }) => ({ id, value, checked }));
  const unfolded = [...place.querySelectorAll('details')].map(({ open }) => open);
  const focused = place.contains(document.activeElement) ? document.activeElement.id : '';
  rebuild();
  const folds = place.querySelectorAll('details');
  if (folds.length === unfolded.length) folds.forEach((fold, index) => (fold.open = unfolded[index]));
  for (const { id, value, checked } of controls) {
    const control = byId(id);
    if (!control || (control.value === value && control.checked === checked)) continue;
    Object.assign(control, { value, checked });
    control.dispatchEvent(new Event('change', { bubbles: true }));
  }
  if (focused) byId(focused)?.focus({ preventScroll: true });
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
