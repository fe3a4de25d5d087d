// Two answers side by side, in the conversation's place (ui/components/views/compare.py).

import { closest, find, findAll, isThere, messageBox } from "../dom.js";
import { makeRoom } from "../layout/sidebars.js";

const WIDE = "(min-width: 1500px)"; // room for the settings beside two answers
const isComparing = () => isThere("#compare-head header");
const close = () => find("#compare-close", HTMLElement)?.click();
const stop = () => find("#message .stop-button", HTMLElement)?.click();

/** Stops the answers, or leads back to the conversation where none is written. Whether the view was there. */
export function leaveComparison() {
  if (isThere('#compare-head [data-state="running"]')) stop();
  else if (isComparing()) close();
  else return false;
  return true;
}

/** From now on. */
export function watchComparison() {
  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-compare], #compare [role=tab]");
    if (!(button instanceof HTMLElement)) return;
    const { compare: does, side } = button.dataset;
    if (side) show(side);
    else if (does === "close") close();
    else if (does === "stop") stop();
    else if (does === "again") ask();
  });
  document.addEventListener("keydown", (event) => {
    const tab = closest(event, "#compare [role=tab]");
    const side = tab instanceof HTMLElement && sideBy(event.key, tab.dataset.side ?? "");
    if (!side || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(side);
    find(`#compare-tab-${side}`, HTMLElement)?.focus();
  });
  let was = false;
  setInterval(() => {
    const is = isComparing();
    if (is !== was) (is ? opened : closed)();
    was = is;
    if (is) tell();
  }, 100);
}

/**
 * The side to whose tab a key leads from this one's, or null where it leads to none.
 * @param {string} key
 * @param {string} side
 */
export function sideBy(key, side) {
  if (key === "ArrowLeft" || key === "ArrowRight") return side === "a" ? "b" : "a";
  return key === "Home" ? "a" : key === "End" ? "b" : null;
}

/** Which side a narrow window shows. @param {string} side */
function show(side) {
  find("#compare", HTMLElement)?.setAttribute("data-shown", side);
  tell();
}

/** The tabs tell which, also when the server has made them anew. */
function tell() {
  const shown = find("#compare", HTMLElement)?.dataset.shown;
  for (const tab of findAll("#compare [role=tab]")) {
    if (!(tab instanceof HTMLElement)) continue;
    const isShown = tab.dataset.side === shown;
    tab.setAttribute("aria-selected", String(isShown));
    tab.tabIndex = isShown ? 0 : -1; // the arrows lead to the other
    const panel = find(`#side-${tab.dataset.side}`, HTMLElement);
    panel?.setAttribute("role", tab.offsetParent ? "tabpanel" : "group"); // in a wide window both are shown, and no tabs
    panel?.setAttribute("aria-labelledby", tab.id);
  }
}

/** For how to ask for another second answer. */
function ask() {
  find("#compare", HTMLElement)?.classList.add("asks");
  find("#second-prompt textarea", HTMLElement)?.focus();
}

function opened() {
  if (!matchMedia(WIDE).matches) makeRoom("panel");
  show("b"); // where it is said how to ask
  find("#compare", HTMLElement)?.classList.remove("asks");
  find("#compare-head h2", HTMLElement)?.focus();
}

function closed() {
  const at = document.activeElement;
  if (!at || at === document.body || at.closest("#compare")) messageBox()?.focus();
}
