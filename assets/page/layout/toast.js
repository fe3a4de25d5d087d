// A word on what has just been done, for what has no place of its own. It goes by itself.

import { element } from "../dom.js";

const SECONDS = 4;
const SECONDS_TO_UNDO = 8;
/** @type {HTMLElement | null} */
let place = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** Puts the place of such words into the page: a screen reader hears what comes into one that it knows. */
export function prepareToasts() {
  place = element("div", { id: "toast" }, { role: "status" });
  document.body.append(place);
}

/**
 * @param {string} text
 * @param {{ label: string, act: () => void }} [action] what can be done about it
 */
export function toast(text, action) {
  place?.replaceChildren(text);
  if (action) {
    const button = element("button", { type: "button", textContent: action.label });
    button.onclick = () => {
      place?.replaceChildren();
      action.act();
    };
    place?.append(button);
  }
  clearTimeout(timer);
  timer = setTimeout(() => place?.replaceChildren(), (action ? SECONDS_TO_UNDO : SECONDS) * 1000);
}
