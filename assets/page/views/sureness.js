// How sure the model was of an answer: a marked word tells, where it is chosen, what else could have come there, and the
// answer can be gone on with from there otherwise. Tab leads to the marked words, the arrows from one to the next.

import { closest, element } from "../dom.js";
import texts from "../texts.js";

const TOLD = texts.sureness;
const STEPS = new Map([["ArrowRight", 1], ["ArrowDown", 1], ["ArrowLeft", -1], ["ArrowUp", -1]]);

/** @typedef {{ number: number, text: string, likely: number }} Other */

/**
 * The alternatives that the server wrote into a word's attribute; none where it is not of that form.
 * @param {string} written
 * @returns {Other[]}
 */
export function othersOf(written) {
  try {
    const found = /** @type {unknown} */ (JSON.parse(written));
    if (!Array.isArray(found)) return [];
    return found.map(([number, text, likely]) => ({ number: Number(number), text: String(text), likely: Number(likely) }));
  } catch {
    return [];
  }
}

/** A probability as a person reads it. @param {number} share */
export const percent = (share) =>
  share < 0.01 ? TOLD.small : TOLD.percent.replace("{value}", String(Math.round(100 * share)));

/** A token in a sentence: with signs for what cannot be seen. @param {string} text */
export const named = (text) => text.trim() || text.replaceAll("\n", "↵").replaceAll("\t", "⇥").replaceAll(" ", "␣");

/** A token with the letters before it that it makes a word with. @param {string} before @param {string} text */
export const inWord = (before, text) => (/^[\p{L}\p{N}]/u.test(text) ? before + text : text);

/**
 * Which word a key leads to, from the one at `at` of so many; null where it means nothing here.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 */
export function wordBy(key, at, count) {
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = STEPS.get(key);
  return step === undefined ? null : Math.min(Math.max(at + step, 0), count - 1);
}

/** From now on, for this view. @param {HTMLElement} view */
export function watchSureness(view) {
  const prompt = view.querySelector(".prompt");
  const words = [...view.querySelectorAll(".prompt .unsure")].filter((word) => word instanceof HTMLElement);
  if (!prompt) return;
  const card = element("div", { className: "alternatives", popover: "auto" }, { role: "dialog" });
  view.append(card);
  view.addEventListener("click", (event) => {
    const word = closest(event, ".prompt .unsure");
    if (word instanceof HTMLElement) show(card, word, view.dataset.index ?? "");
  });
  prompt.addEventListener("keydown", (event) => {
    const word = closest(event, ".unsure");
    if (!(event instanceof KeyboardEvent) || !(word instanceof HTMLElement)) return;
    const next = wordBy(event.key, words.indexOf(word), words.length);
    if (next !== null) rove(word, words[next]);
    else if (event.key === "Enter" || event.key === " ") show(card, word, view.dataset.index ?? "");
    else return;
    event.preventDefault();
  });
  prompt.addEventListener("scroll", () => card.hidePopover());
}

/** Tab leads to this word from now on, which has the focus. @param {HTMLElement} from @param {HTMLElement | undefined} to */
function rove(from, to) {
  from.tabIndex = -1;
  if (to) to.tabIndex = 0;
  to?.focus();
}

/**
 * What else could have come in a word's place.
 * @param {HTMLElement} card
 * @param {HTMLElement} word
 * @param {string} index of the answer
 */
function show(card, word, index) {
  const others = othersOf(word.dataset.others ?? "");
  const before = word.dataset.before ?? "";
  const title = element("p", { textContent: word.getAttribute("aria-label") ?? "" });
  const rows = others.map(({ number, text, likely }) => {
    const said = text ? TOLD.go_on.replace("{text}", () => named(inWord(before, text))) : TOLD.ends;
    const command = `otherwise ${index} ${word.dataset.at ?? ""}:${number}`;
    const row = text ? element("button", { className: "do", type: "button", value: command }) : element("p", {});
    row.append(element("span", { textContent: said }), element("small", { textContent: percent(likely) }));
    return row;
  });
  card.setAttribute("aria-label", TOLD.instead.replace("{text}", () => named(inWord(before, word.textContent ?? ""))));
  card.replaceChildren(title, ...(rows.length > 0 ? rows : [element("p", { textContent: TOLD.nothing })]));
  word.focus({ preventScroll: true }); // which has it again afterwards
  card.showPopover();
  place(card, word);
  const first = card.querySelector("button");
  if (first) first.focus({ preventScroll: true });
  else {
    card.tabIndex = -1;
    card.focus({ preventScroll: true });
  }
}

/** Below the word, or above it where there is no room. @param {HTMLElement} card @param {HTMLElement} word */
function place(card, word) {
  const at = word.getClientRects()[0] ?? word.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const below = at.bottom + 6;
  const top = below + height > innerHeight - 8 ? Math.max(8, at.top - height - 6) : below;
  card.style.top = `${top}px`;
  card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
}
