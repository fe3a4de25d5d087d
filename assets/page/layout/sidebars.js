// The two sides of the page: the chats and the settings. Whether each is open stands at the document's root, where it was
// set before anything was drawn (before_paint.js), and is remembered; in a narrow window an open one lies over the page.

import { closest, find, findAll } from "../dom.js";
import { lay, lift } from "./dialogs.js";

/** @typedef {"shelf" | "panel"} Side */

/** @type {Side[]} */
const SIDES = ["shelf", "panel"];
const narrow = () => matchMedia("(max-width: 768px)");
const state = () => document.documentElement.dataset;

/** @param {Side} side */
const isOpen = (side) => state()[side] === "open";

/** @param {Side} side */
export function toggleSidebar(side) {
  set(side, !isOpen(side));
}

/** @param {Side} side */
export function openSidebar(side) {
  if (!isOpen(side)) set(side, true);
}

/** For what needs its room: it is open again after a reload. @param {Side} side */
export function makeRoom(side) {
  const place = find(`#${side}`, HTMLElement);
  if (isOpen(side) && !(narrow().matches && place && lift(place))) show(side, false);
}

/** @param {Side} side @param {boolean} toOpen */
function set(side, toOpen) {
  const place = find(`#${side}`, HTMLElement);
  if (narrow().matches && place) {
    if (!toOpen) return void lift(place);
    show(side, true);
    lay(place, () => show(side, false));
    return;
  }
  show(side, toOpen);
  remember(side, toOpen);
}

/** One that is not there stays closed. @param {Side} side @param {boolean} toOpen */
function show(side, toOpen) {
  state()[side] = toOpen && find(`#${side}`, HTMLElement) ? "open" : "closed";
  reflectSidebars();
}

/** Has the buttons say whether what they open is open: Gradio makes them anew. */
export function reflectSidebars() {
  for (const side of SIDES)
    for (const button of findAll(`[data-act="${side}"]`)) button.setAttribute("aria-expanded", String(isOpen(side)));
}

/** @param {Side} side @param {boolean} toOpen */
function remember(side, toOpen) {
  try {
    localStorage.setItem(`sidebar-${side}`, toOpen ? "open" : "closed");
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // where the browser keeps nothing, or has no room
  }
}

/** From now on what covers the page makes way for what was chosen. */
export function watchSidebars() {
  narrow().addEventListener("change", () => {
    uncover();
    for (const side of SIDES) show(side, false);
    if (!narrow().matches) show("shelf", true);
  });
  document.addEventListener("click", (event) => {
    if (closest(event, '#shelf [data-act="new"], #shelf [data-act="private"], #shelf [data-press="link"], [data-act="compare"], [data-act="batch"]')) uncover();
  });
}

/** Closes the sides that cover the page. Whether one did. */
export function uncover() {
  if (!narrow().matches) return false;
  return SIDES.map((side) => find(`#${side}`, HTMLElement)).filter((place) => place && lift(place)).length > 0;
}
