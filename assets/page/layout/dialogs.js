// What opens over the page: it takes the focus, and gives it back when it is closed.

import { closest, find } from "../dom.js";

/** @type {{ dialog: HTMLElement, before: Element | null, closed?: () => void } | null} */
let open = null;

/** @param {string} id */
export function openDialog(id) {
  const dialog = find(`#${id}`, HTMLElement);
  if (!dialog) return;
  closeDialog();
  open = { dialog, before: document.activeElement };
  dialog.classList.add("open");
  dialog.setAttribute("role", "dialog");
  dialog.setAttribute("aria-modal", "true");
  const first = dialog.querySelector("input, button, select, textarea, [tabindex]");
  if (first instanceof HTMLElement) first.focus();
}

/** Whether there was one. */
export function closeDialog() {
  if (!open) return false;
  const { dialog, before, closed } = open;
  open = null;
  closed?.();
  dialog.classList.remove("open");
  if (before instanceof HTMLElement) before.focus();
  return true;
}

/** From now on: a click beside it closes it, and Tab stays within it. */
export function watchDialogs() {
  document.addEventListener("pointerdown", (event) => {
    const isInside = open && event.target instanceof Node && open.dialog.contains(event.target);
    if (open && !isInside && !closest(event, ".options, [role=listbox]")) closeDialog();
  });
  document.addEventListener("click", (event) => closest(event, "[data-close]") && closeDialog());
  document.addEventListener("keydown", (event) => {
    if (!open || event.key !== "Tab") return;
    const stops = [...open.dialog.querySelectorAll("input, button, select, textarea, [tabindex='0']")].filter((stop) => stop instanceof HTMLElement && stop.offsetParent);
    const at = stops.indexOf(document.activeElement ?? document.body);
    const next = stops.at((at + (event.shiftKey ? -1 : 1)) % stops.length);
    if (next instanceof HTMLElement) {
      event.preventDefault();
      next.focus();
    }
  });
}

/**
 * Lays something over the page.
 * @param {HTMLElement} dialog
 * @param {() => void} closed is called when it is closed
 */
export function lay(dialog, closed) {
  closeDialog();
  open = { dialog, before: document.activeElement, closed };
  dialog.setAttribute("role", "dialog");
  dialog.setAttribute("aria-modal", "true");
  dialog.querySelector("button")?.focus();
}

export const closeTopmost = closeDialog;
