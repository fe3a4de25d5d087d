// A word on what has just been done, for what has no place of its own. It goes by itself.

import { element } from "../dom.js";

const SECONDS = 4;
/** @type {HTMLElement | null} */
let place = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Puts the place of such words into the page: a screen reader hears what comes into one that it knows. */
export function prepareToasts() {
  place = element("div", { id: "toast" }, { role: "status" });
  document.body.append(place);
}

/** @param {string} text */
export function toast(text) {
  if (!place) return;
  place.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => place?.replaceChildren(), SECONDS * 1000);
}
