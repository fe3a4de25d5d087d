// Makes of what stands in an element what other HTML says, and touches nothing that is there already: a text that grew has
// its end added, so that a selection in it stays, and so do a scrolled table, a playing preview and the focus.

import { keepingSelected } from "./selection.js";

/** @type {WeakMap<Element, boolean>} what the server last said of a detail, whether it is open: else it is the reader's */
const said = new WeakMap();
/** @type {WeakSet<Element>} thoughts that the reader has opened or closed: they stay so, whatever the server says */
const byHand = new WeakSet();

/** Takes note of a click: whether it opens or closes a thought. @param {Event} event */
export function noteClick({ target }) {
  const summary = target instanceof Element ? target.closest(".thought > summary") : null;
  if (summary?.parentElement) byHand.add(summary.parentElement);
}

/**
 * @param {Element} there
 * @param {string} html
 */
export function morph(there, html) {
  const made = document.createElement("template");
  made.innerHTML = html;
  keepingSelected(there, () => children(there, made.content));
  noteDetails(there);
}

/** Takes note of how what has just been put into the page was put there. @param {Element} within */
export function noteDetails(within) {
  for (const detail of within.querySelectorAll("details")) if (!said.has(detail)) said.set(detail, detail.open);
}

/** @param {Node} there @param {Node} made */
function children(there, made) {
  const old = [...there.childNodes];
  const wanted = [...made.childNodes];
  wanted.forEach((node, at) => {
    const before = old[at];
    if (!before) there.appendChild(node);
    else if (before.nodeName === node.nodeName && callOf(before) === callOf(node)) patch(before, node);
    else there.replaceChild(node, before);
  });
  for (const extra of old.slice(wanted.length)) there.removeChild(extra);
}

/** What is typed into the card of one call is not for another. @param {Node} node */
const callOf = (node) => (node instanceof HTMLElement ? node.dataset.call : undefined);

/** @param {Node} there @param {Node} made of the same kind */
function patch(there, made) {
  if (there instanceof CharacterData && made instanceof CharacterData) return grow(there, made.data);
  if (!(there instanceof Element && made instanceof Element) || there.isEqualNode(made)) return;
  const isDetail = there instanceof HTMLDetailsElement && made instanceof HTMLDetailsElement;
  const isKept = isDetail && (byHand.has(there) || said.get(there) === made.open);
  const isOpen = isDetail && (isKept ? there.open : made.open);
  if (isDetail) said.set(there, made.open);
  for (const { name } of [...there.attributes]) if (!made.hasAttribute(name)) there.removeAttribute(name);
  for (const { name, value } of made.attributes) if (there.getAttribute(name) !== value) there.setAttribute(name, value);
  if (isDetail && there.open !== isOpen) there.open = isOpen;
  children(there, made);
}

/** @param {CharacterData} there @param {string} data */
function grow(there, data) {
  let alike = 0;
  while (alike < data.length && data[alike] === there.data[alike]) alike += 1;
  if (alike < there.length || alike < data.length) there.replaceData(alike, there.length - alike, data.slice(alike));
}
