// What lies over the page: dialogs, and on a phone the chats and the settings. Each takes the focus, keeps it, since the
// rest of the page cannot be reached meanwhile, and gives it back. Escape closes what lies on top.

import { closest, element, find, messageBox } from "../dom.js";
import texts from "../texts.js";
import { closeMenus } from "./menus.js";

/** @typedef {{ over: HTMLElement, role: string, before: Element | null, closed: () => void }} Layer */

/** @type {Layer[]} */
const layers = []; // the last lies on top
/** @type {Element[]} */
let blocked = []; // what cannot be reached meanwhile

// Where the focus goes first; a list would open by it.
const STOPS = "input:not([type=hidden], [role=combobox]), select, textarea, [contenteditable=true]";
const UNTOUCHED = "script, style, link, [role=status], [role=alert], [aria-live]"; // a blocked one is not heard

/**
 * Opens one of the page's dialogs, by its id, which is its title's name too.
 * @param {keyof typeof texts.dialogs} id
 */
export function openDialog(id) {
  const dialog = find(`#${id}`, HTMLElement);
  if (!dialog || dialog.classList.contains("open")) return;
  entitle(dialog, texts.dialogs[id]);
  dialog.classList.add("open");
  lay(dialog, () => dialog.classList.remove("open"));
}

/**
 * Whether the person agrees.
 * @param {string} question
 * @param {string} agreement what the button says that does it
 * @returns {Promise<boolean>}
 */
export function confirmed(question, agreement) {
  const dialog = element("div", { className: "dialog confirm open" }, { role: "alertdialog", "aria-label": question });
  const cancel = element("button", { type: "button", textContent: texts.chats.cancel });
  const agree = element("button", { type: "button", textContent: agreement, className: "sure" });
  dialog.append(element("p", { textContent: question }), cancel, agree);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let isAgreed = false;
    lay(dialog, () => {
      dialog.remove();
      resolve(isAgreed);
    });
    cancel.onclick = () => closeTopmost();
    agree.onclick = () => {
      isAgreed = true;
      closeTopmost();
    };
    cancel.focus();
  });
}

/**
 * Lays something over the page.
 * @param {HTMLElement} over
 * @param {() => void} closed is called when it is closed
 */
export function lay(over, closed) {
  const role = over.getAttribute("role") ?? ""; // on a phone that of a part of the page
  if (role !== "alertdialog") over.setAttribute("role", "dialog");
  over.setAttribute("aria-modal", "true");
  layers.push({ over, role, before: document.activeElement, closed });
  cover();
  const field = over.matches(".dialog") ? firstSeen(over, STOPS) : null; // else a phone would show its keyboard
  (field ?? firstSeen(over, "button:not([data-close])") ?? firstSeen(over, "button"))?.focus({ preventScroll: true });
}

/** @param {HTMLElement} over @param {string} stops @returns {HTMLElement | null} */
function firstSeen(over, stops) {
  for (const stop of over.querySelectorAll(stops))
    if (stop instanceof HTMLElement && stop.getClientRects().length > 0) return stop;
  return null;
}

/** Closes a menu, or what lies on top. Whether there was any. */
export function closeTopmost() {
  return closeMenus() || close(layers.at(-1));
}

/** Closes this, if it lies over the page. @param {HTMLElement} over */
export function lift(over) {
  return close(layers.find((layer) => layer.over === over));
}

/** @param {Layer | undefined} layer */
function close(layer) {
  if (!layer) return false;
  layers.splice(layers.indexOf(layer), 1);
  layer.over.removeAttribute("aria-modal");
  if (layer.role) layer.over.setAttribute("role", layer.role);
  cover();
  layer.closed();
  giveBack(layer.before);
  return true;
}

/** Makes all but what lies on top out of reach, and has it be seen as such. */
function cover() {
  for (const each of blocked) each.removeAttribute("inert");
  const { dataset } = document.documentElement;
  const top = layers.at(-1)?.over;
  blocked = top ? beside(top) : [];
  for (const each of blocked) each.setAttribute("inert", "");
  if (top) dataset.covered = top.matches(".dialog") ? "dialog" : "side";
  else delete dataset.covered;
}

/** All beside this, and beside what it stands in. @param {HTMLElement} over */
function beside(over) {
  const found = [];
  for (let inner = over; inner.parentElement && inner !== document.body; inner = inner.parentElement)
    for (const other of inner.parentElement.children)
      if (other !== inner && !other.hasAttribute("inert") && !other.matches(UNTOUCHED)) found.push(other);
  return found;
}

/** Gives the focus back; where that is gone to the message box, if that opens no keyboard on the screen. @param {Element | null} before */
function giveBack(before) {
  const isThere = before instanceof HTMLElement && before !== document.body && before.getClientRects().length > 0;
  if (isThere) before.focus({ preventScroll: true });
  else if (matchMedia("(hover: hover)").matches) messageBox()?.focus({ preventScroll: true });
}

/** From now on: a click beside what lies on top closes it, and so do the buttons that say so. */
export function watchDialogs() {
  let isPressedBeside = false; // a text that is selected beyond the edge is not
  document.addEventListener("pointerdown", (event) => (isPressedBeside = isBeside(event)), true);
  document.addEventListener("click", (event) => {
    if (closest(event, "[data-close]") || (isPressedBeside && isBeside(event))) closeTopmost();
    isPressedBeside = false;
  }, true);
}

/** @param {Event} event */
function isBeside({ target }) {
  const top = layers.at(-1)?.over;
  return target instanceof Element && top !== undefined && !top.contains(target) && !target.closest(UNTOUCHED);
}

/** A dialog's title, and the button that closes it. @param {HTMLElement} dialog @param {string} title */
function entitle(dialog, title) {
  if (dialog.querySelector(".dialog-head")) return;
  const head = element("div", { className: "dialog-head" });
  const id = `${dialog.id}-title`;
  const close = element("button", { type: "button", title: texts.header.close }, { "data-close": "", "aria-label": texts.header.close });
  close.innerHTML = '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18"/></svg>';
  head.append(element("h2", { id, textContent: title }), close);
  dialog.prepend(head);
  dialog.setAttribute("aria-labelledby", id);
}
