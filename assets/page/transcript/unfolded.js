// What a person has unfolded or folded in the conversation stays so when it is drawn anew.

import { closest } from "../dom.js";

export class Unfolded {
  constructor() {
    /** @type {Map<string, boolean>} */
    this.chosen = new Map();
  }

  /** From now on. */
  watch() {
    document.addEventListener("click", (event) => {
      const details = closest(event, ".transcript details[data-of] > summary")?.parentElement;
      if (details instanceof HTMLDetailsElement) this.chosen.set(nameOf(details), !details.open); // which it will be
    }, true);
  }

  /** As it was chosen, in what has just been drawn. @param {Element} drawn */
  restore(drawn) {
    for (const details of drawn.querySelectorAll("details[data-of]"))
      if (details instanceof HTMLDetailsElement) details.open = this.chosen.get(nameOf(details)) ?? details.open;
  }
}

/** @param {HTMLElement} details */
function nameOf(details) {
  const entry = details.closest(".entry");
  return `${entry instanceof HTMLElement ? entry.dataset.key : ""} ${details.dataset.of}`;
}
