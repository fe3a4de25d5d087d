// A part of an image, in thousandths of it: what becomes of it while it is drawn, moved and resized. Pure.

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Region */
/** @typedef {{ x: number, y: number }} Point in thousandths */

export const WHOLE = 1000;
const LEAST = 10; // thousandths that a part has at least each way
const OVERLAP = 20; // thousandths that two of four parts share, so that no line of text is cut in two

const within = (/** @type {number} */ side) => Math.min(WHOLE, Math.max(0, Math.round(side)));

/** The part between two points. @param {Point} one @param {Point} other @returns {Region} */
export function between(one, other) {
  const [left, right] = apart(within(one.x), within(other.x));
  const [top, bottom] = apart(within(one.y), within(other.y));
  return { left, top, right, bottom };
}

/** @param {number} one @param {number} other @returns {[number, number]} */
function apart(one, other) {
  const first = Math.min(one, other, WHOLE - LEAST);
  return [first, Math.max(one, other, first + LEAST)];
}

/** The part elsewhere, as large as before. @param {Region} region @param {number} x @param {number} y @returns {Region} */
export function moved({ left, top, right, bottom }, x, y) {
  const by = { x: Math.min(Math.max(Math.round(x), -left), WHOLE - right), y: Math.min(Math.max(Math.round(y), -top), WHOLE - bottom) };
  return { left: left + by.x, top: top + by.y, right: right + by.x, bottom: bottom + by.y };
}

/**
 * The part with one of its corners elsewhere, no further than the opposite one.
 * @param {Region} region
 * @param {string} corner two letters: t or b, then l or r
 * @param {number} x
 * @param {number} y
 * @returns {Region}
 */
export function sized(region, corner, x, y) {
  const { left, top, right, bottom } = region;
  return {
    left: corner.includes("l") ? Math.min(within(left + x), right - LEAST) : left,
    right: corner.includes("r") ? Math.max(within(right + x), left + LEAST) : right,
    top: corner.includes("t") ? Math.min(within(top + y), bottom - LEAST) : top,
    bottom: corner.includes("b") ? Math.max(within(bottom + y), top + LEAST) : bottom,
  };
}

/** Four parts that are all of the image. @returns {Region[]} */
export function quarters() {
  const [first, second] = [WHOLE / 2 - OVERLAP / 2, WHOLE / 2 + OVERLAP / 2];
  return [
    { left: 0, top: 0, right: second, bottom: second }, { left: first, top: 0, right: WHOLE, bottom: second },
    { left: 0, top: first, right: second, bottom: WHOLE }, { left: first, top: first, right: WHOLE, bottom: WHOLE },
  ];
}
