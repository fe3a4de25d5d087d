// A word on what has just been done, for what has no place of its own. It goes by itself.

import { element } from "../dom.js";

const SECONDS = 4;
const SECONDS_TO_UNDO = 8;

/**
 * @param {string} text
 * @param {{ label: string, act: () => void }} [action] what can be done about it
 */
export function toast(text, action) {
  document.querySelector("#toast")?.remove();
  const shown = element("div", { id: "toast", textContent: text }, { role: "status" });
  if (action) {
    const button = element("button", { type: "button", textContent: action.label });
    button.addEventListener("click", () => {
      shown.remove();
      action.act();
    });
    shown.append(button);
  }
  document.body.append(shown);
  setTimeout(() => shown.remove(), (action ? SECONDS_TO_UNDO : SECONDS) * 1000);
}
