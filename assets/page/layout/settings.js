// The settings and the dialogs that stand beside them: what leads there, and how their fields are told to those who hear
// the page. Gradio leaves much of that unsaid, and makes its elements anew.

import { closest, find, findAll } from "../dom.js";
import { openDialog } from "./dialogs.js";
import { openSidebar } from "./sidebars.js";

const PLACES = "#panel, #tools-dialog, #compare-dialog, #model-dialog";
let described = 0;

/** From now on: a button may open a dialog, or lead to a section of the settings. */
export function hearSettings() {
  document.addEventListener("click", (event) => {
    const button = closest(event, "[data-dialog], [data-tab]");
    if (!(button instanceof HTMLElement)) return;
    const { dialog, tab } = button.dataset;
    if (dialog) openDialog(dialog);
    else if (tab) showSection(tab.toLowerCase());
  });
  const watch = new MutationObserver(() => findAll(PLACES).forEach(nameFields));
  const begin = setInterval(() => {
    const places = findAll(PLACES);
    if (!places.length) return;
    clearInterval(begin);
    for (const place of places) {
      watch.observe(place, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
      nameFields(place);
    }
  }, 200);
}

/** @param {string} name */
function showSection(name) {
  openSidebar("panel");
  const heading = find(`#settings-${name} h3`, HTMLElement);
  heading?.scrollIntoView({ block: "start" });
  heading?.focus({ preventScroll: true });
}

/** @param {Element} place */
function nameFields(place) {
  for (const block of place.querySelectorAll(".block")) nameField(block);
  for (const fold of place.querySelectorAll("button.label-wrap"))
    fold.setAttribute("aria-expanded", String(fold.classList.contains("open")));
  for (const tick of place.querySelectorAll("#builtin-tools input")) tick.setAttribute("role", "switch");
}

/**
 * A field is called as its label says, and described by what stands beside it: what it is for, and what is wrong.
 * @param {Element} block
 */
function nameField(block) {
  const label = block.querySelector("[data-testid=block-info]")?.textContent?.trim();
  const fields = [...block.querySelectorAll("input:not([type=radio], [type=checkbox]), textarea, .cm-content")];
  const group = block.matches("fieldset") ? [block] : [];
  if (!label || block.querySelector(".block")) return;
  const about = block.querySelector(".info-text");
  const beside = block.parentElement?.matches(".form") && !block.nextElementSibling ? block.parentElement : block;
  const note = beside.nextElementSibling;
  const wrong = note?.matches(".note") ? note.querySelector(".warning") : null;
  for (const field of [...fields, ...group]) {
    field.setAttribute("aria-label", label);
    const ids = [about, wrong].map((told) => (told ? named(told) : "")).filter(Boolean);
    if (ids.length) field.setAttribute("aria-describedby", ids.join(" "));
    else field.removeAttribute("aria-describedby");
    if (fields.includes(field)) field.setAttribute("aria-invalid", String(wrong !== null));
  }
}

/** The element's id; one of ours, where it has none. @param {Element} element */
function named(element) {
  element.id ||= `about-${++described}`;
  return element.id;
}
