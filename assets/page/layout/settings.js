// The settings and the dialogs that belong to them: what leads to a section, and how the fields are told to those who hear
// the page. Gradio leaves much of that unsaid, and makes its elements anew.

import { find, findAll } from "../dom.js";
import { openSidebar } from "./sidebars.js";

const PLACES = "#panel, #tools-dialog, #compare, #model-dialog";
let described = 0;

/** Opens the settings at one of their sections. @param {string} name */
export function openSection(name) {
  openSidebar("panel");
  const heading = find(`#settings-${name.toLowerCase()} h3`, HTMLElement);
  heading?.scrollIntoView({ block: "start" });
  heading?.focus({ preventScroll: true });
}

/** From now on. */
export function nameSettings() {
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
