// The images in the box: the menu of each, and their order, which a mouse changes by dragging.

import { closest, find, findAll } from "../dom.js";
import { morph } from "../transcript/morph.js";

/** @type {WeakSet<EventTarget>} fields in which something was typed that was not handed over yet */
const typed = new WeakSet();
const GAP = 8; // pixels

/**
 * By how many places an image moves that is dropped on another. Pure.
 * @param {readonly string[]} marks in their order
 * @param {string} moved
 * @param {string} onto
 * @param {boolean} isBehind whether it is dropped on the second half of that
 */
export function steps(marks, moved, onto, isBehind) {
  const [from, at] = [marks.indexOf(moved), marks.indexOf(onto)];
  if (from < 0 || at < 0) return 0;
  const before = isBehind ? at + 1 : at; // the image that it is to stand before
  return before > from ? before - 1 - from : before - from;
}

/**
 * Draws what the server says that the strip is: what stays keeps its place, the focus, and what is being typed.
 * @param {{ place: Element, shown: string }} told
 */
export function drawStrip({ place: strip, shown }) {
  const before = new Map(fields(strip).map((field) => [field, said(field)]));
  const first = new Map(findAll("#strip .pages").map((pages) => [pages, firstChosen(pages)?.getAttribute("value")]));
  morph(strip, shown);
  for (const pages of findAll("#strip .pages")) {
    const chosen = firstChosen(pages);
    if (chosen && first.has(pages) && first.get(pages) !== chosen.getAttribute("value")) reveal(pages, chosen);
  }
  for (const field of fields(strip))
    if (!typed.has(field) && (before.get(field) !== said(field) || document.activeElement !== field)) field.value = said(field);
}

/** @param {Element} pages of a document */
const firstChosen = (pages) => pages.querySelector('.do[aria-pressed="true"]');

/** Pages that were chosen by their numbers are seen, too. @param {Element} pages @param {Element} chosen */
function reveal(pages, chosen) {
  const [around, page] = [pages.getBoundingClientRect(), chosen.getBoundingClientRect()];
  if (page.left < around.left || page.right > around.right) pages.scrollLeft += page.left - around.left - GAP;
}

/** @param {Element} strip @returns {(HTMLInputElement | HTMLSelectElement)[]} */
const fields = (strip) =>
  [...strip.querySelectorAll("input, select")].filter((field) => field instanceof HTMLInputElement || field instanceof HTMLSelectElement);

/** What the server said last that a field holds. @param {HTMLInputElement | HTMLSelectElement} field */
const said = (field) => (field instanceof HTMLInputElement ? field.defaultValue : (field.querySelector("[selected]")?.getAttribute("value") ?? ""));

/** @param {import("../commands.js").Commands} commands */
export function watchStrip(commands) {
  document.addEventListener("input", (event) => closest(event, "#strip input") && event.target && typed.add(event.target));
  document.addEventListener("change", (event) => event.target && typed.delete(event.target), true);
  document.addEventListener("focusout", (event) => event.target && typed.delete(event.target)); // after the change
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (menu instanceof HTMLElement && menu.matches(".image-menu:popover-open")) place(menu);
  }, true);
  document.addEventListener("dragstart", (event) => {
    const item = closest(event, "#strip .drafts > li");
    if (!(item instanceof HTMLElement) || !event.dataTransfer) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/x-image", item.dataset.mark ?? "");
    item.classList.add("moving");
  });
  document.addEventListener("dragover", (event) => {
    const item = moving() && closest(event, "#strip .drafts > li");
    if (!(item instanceof HTMLElement)) return;
    event.preventDefault();
    for (const each of findAll("#strip .drafts > li")) each.classList.remove("before", "behind");
    item.classList.add(isBehind(event, item) ? "behind" : "before");
  });
  document.addEventListener("drop", (event) => {
    const [moved, onto] = [moving()?.dataset.mark, closest(event, "#strip .drafts > li")];
    if (!moved || !(onto instanceof HTMLElement)) return;
    event.preventDefault();
    const marks = findAll("#strip .drafts > li").map((each) => (each instanceof HTMLElement ? each.dataset.mark : "") ?? "");
    const step = steps(marks, moved, onto.dataset.mark ?? "", isBehind(event, onto));
    if (step) commands.carryOut({ name: "move", index: moved, step: String(step) });
  });
  document.addEventListener("dragend", () => {
    for (const each of findAll("#strip .drafts > li")) each.classList.remove("moving", "before", "behind");
  });
}

const moving = () => find("#strip .drafts > li.moving", HTMLElement);

/** @param {DragEvent} event @param {HTMLElement} item */
function isBehind(event, item) {
  const { left, width } = item.getBoundingClientRect();
  return event.clientX > left + width / 2;
}

/** Above its image, within the window. @param {HTMLElement} menu */
function place(menu) {
  const image = find(`[popovertarget="${menu.id}"]`, HTMLElement);
  if (!image) return;
  const { left, top } = image.getBoundingClientRect();
  menu.style.left = `${Math.max(GAP, Math.min(left, innerWidth - menu.offsetWidth - GAP))}px`;
  menu.style.top = `${Math.max(GAP, top - menu.offsetHeight - GAP)}px`;
}
