// The tokens of a prompt, told apart where somebody looks: each run of text that the server made (ui/render/views/inspector.py)
// becomes an element for each token while the pointer is on it, or while all ids are shown and it is in view.

import { closest } from "../dom.js";

/** @typedef {{ ids: string, text: string }} Token */

/**
 * The tokens of a run: what each adds to the text. Ids of parts of one character stand together.
 * @param {string} text
 * @param {string} ids separated by blanks
 * @param {string} lengths of each, in characters
 * @returns {Token[]}
 */
export function tokensOf(text, ids, lengths) {
  const characters = [...text];
  const sizes = lengths.split(" ").map(Number);
  /** @type {Token[]} */
  const tokens = [];
  let at = 0;
  let parts = "";
  ids.split(" ").forEach((id, number) => {
    const size = sizes[number] ?? 0;
    parts += `${parts && " "}${id}`;
    if (!size && number < sizes.length - 1) return;
    tokens.push({ ids: parts, text: characters.slice(at, at + size).join("") });
    at += size;
    parts = "";
  });
  return tokens;
}

/** @param {HTMLElement} run */
function split(run) {
  if (run.childElementCount) return;
  const tokens = tokensOf(run.textContent ?? "", run.dataset.ids ?? "", run.dataset.lengths ?? "");
  const made = tokens.map(({ ids, text }) => {
    const token = document.createElement("span");
    token.className = "token";
    token.textContent = text;
    token.title = ids;
    token.dataset.id = ids;
    return token;
  });
  run.replaceChildren(...made);
}

/** @param {Element} run */
const join = (run) => run.replaceChildren(run.textContent ?? "");

/** From now on, for this view. @param {Element} view */
export function watchTokens(view) {
  /** @type {Element | null} */
  let pointed = null;
  const shown = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen)
      if (target instanceof HTMLElement) (isIntersecting ? split : join)(target);
  }, { rootMargin: "200px" });
  const showsAll = () => view.classList.contains("all-ids");
  view.addEventListener("pointerover", (event) => {
    const run = closest(event, ".run");
    if (run === pointed || showsAll() || !getSelection()?.isCollapsed) return;
    if (pointed) join(pointed);
    pointed = run;
    if (run instanceof HTMLElement) split(run);
  });
  view.addEventListener("change", (event) => {
    const box = closest(event, ".ids input");
    if (!(box instanceof HTMLInputElement)) return;
    view.classList.toggle("all-ids", box.checked);
    for (const run of view.querySelectorAll(".run")) {
      if (box.checked) shown.observe(run);
      else {
        shown.unobserve(run);
        join(run);
      }
    }
  });
}
