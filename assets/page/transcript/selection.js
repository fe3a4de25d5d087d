// What a reader has selected in a text stays selected when what the text stands in is made anew: code that is coloured at
// its end, a word that turns out to be emphasized.

/**
 * @param {Element} within
 * @param {() => void} change what may draw it anew
 */
export function keepingSelected(within, change) {
  const selection = getSelection();
  const range = selection?.rangeCount ? selection.getRangeAt(0) : undefined;
  if (!selection || !range || range.collapsed || !range.intersectsNode(within)) return change();
  const before = ends(range);
  const [startContainer, startOffset, endContainer, endOffset] = before;
  const isBackward = selection.focusNode === startContainer && selection.focusOffset === startOffset;
  const text = within.textContent ?? "";
  const from = within.contains(startContainer) ? signsBefore(within, startContainer, startOffset) : undefined;
  const to = within.contains(endContainer) ? signsBefore(within, endContainer, endOffset) : undefined;
  change();
  if (ends(range).every((end, at) => end === before[at])) return;
  const selected = text.slice(from ?? 0, to);
  const at = (within.textContent ?? "").lastIndexOf(selected, from ?? 0); // signs of Markdown before it may be gone
  if (at < 0) return;
  /** @type {[Node, number]} */
  const start = from === undefined ? [startContainer, startOffset] : placeAt(within, at);
  /** @type {[Node, number]} */
  const end = to === undefined ? [endContainer, endOffset] : placeAt(within, at + selected.length);
  if (isBackward) selection.setBaseAndExtent(...end, ...start);
  else selection.setBaseAndExtent(...start, ...end);
}

/** @param {Range} range @returns {[Node, number, Node, number]} */
const ends = ({ startContainer, startOffset, endContainer, endOffset }) => [startContainer, startOffset, endContainer, endOffset];

/** @param {Element} within @param {Node} node @param {number} offset in it */
function signsBefore(within, node, offset) {
  const before = document.createRange();
  before.selectNodeContents(within);
  before.setEnd(node, offset);
  return before.toString().length;
}

/** Where so many of its signs end. @param {Element} within @param {number} signs @returns {[Node, number]} */
function placeAt(within, signs) {
  const texts = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text instanceof Text; text = texts.nextNode()) {
    if (signs <= text.length) return [text, signs];
    signs -= text.length;
  }
  return [within, within.childNodes.length];
}
