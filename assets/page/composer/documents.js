// The documents in the box: their pages are chosen by a press, by keys or by their numbers; and where an image stands in
// the text.

import { closest, findAll, messageBox } from "../dom.js";
import { forgetPages } from "./notices.js";

const STEPS = new Map([["ArrowRight", 1], ["ArrowDown", 1], ["ArrowLeft", -1], ["ArrowUp", -1], ["Home", -Infinity], ["End", Infinity]]);
const AHEAD = "600px"; // within which pages beside those that are seen are drawn

/** @param {import("../commands.js").Commands} commands */
export function hearDocuments(commands) {
  document.addEventListener("click", (event) => {
    const badge = closest(event, '[data-act="mark"]');
    if (badge instanceof HTMLElement) insert(`[${badge.dataset.number}]`);
    if (closest(event, "#strip .document .do")) forgetPages();
    const page = closest(event, "#strip .page .do");
    if (page) page.setAttribute("aria-pressed", String(page.getAttribute("aria-pressed") !== "true")); // the server follows
  }, true);
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement) || !closest(event, "#strip .controls")) return;
    forgetPages();
    const mark = field.dataset.mark ?? "";
    if (field.matches(".page-numbers")) commands.choosePages(mark, field.value);
    if (field.matches(".document-form")) commands.chooseForm(mark, field.value);
    if (field.matches(".document-detail")) commands.carryOut({ name: "detail", index: mark, step: field.value });
  });
  document.addEventListener("keydown", (event) => {
    const field = closest(event, "#strip .page-numbers");
    if (field instanceof HTMLInputElement && event.key === "Enter") {
      event.preventDefault();
      field.blur(); // which is the change
      field.focus();
    }
    const step = STEPS.get(event.key);
    const pages = closest(event, "#strip .pages");
    if (step === undefined || !pages || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const buttons = [...pages.querySelectorAll("button")];
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
  });
  document.addEventListener("load", (event) => event.target instanceof HTMLImageElement && watch(event.target), true);
  document.addEventListener("error", (event) => {
    const image = event.target;
    if (image instanceof HTMLImageElement && image.closest("#strip .page")) image.classList.add("missing");
  }, true);
}

/** @type {WeakMap<Element, IntersectionObserver>} */
const watching = new WeakMap();

/** Pages that are nearly seen are drawn by then: browsers look ahead in the window only. @param {HTMLImageElement} image */
function watch(image) {
  image.classList.remove("missing");
  const pages = image.closest("#strip .pages");
  if (!pages) return;
  const observer = watching.get(pages) ?? new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting && target instanceof HTMLImageElement) target.loading = "eager";
  }, { root: pages, rootMargin: `0px ${AHEAD}` });
  if (!watching.has(pages)) {
    watching.set(pages, observer);
    for (const each of findAll("#strip .pages img")) observer.observe(each);
  }
}

/** At the caret of the message, such that it can be undone. @param {string} text */
function insert(text) {
  const box = messageBox();
  if (!box) return;
  box.focus();
  if (document.execCommand("insertText", false, text)) return;
  box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
