// The tick at Private outlives a reload: what is private must not begin to be kept by itself.

import { find } from "../dom.js";

const STEP = 250; // milliseconds between two looks

const field = () => find("#private input", HTMLInputElement);

/**
 * Only the person takes the tick away. Gradio does so while it builds the page, and with what the server held of it,
 * which on a slow machine or line comes at any time.
 * @param {import("./tab_storage.js").TabStorage} tab
 */
export function rememberPrivate(tab) {
  if (field()?.checked) tab.set("private", "yes"); // somebody was quicker than this script
  document.addEventListener("change", (event) => {
    const box = field();
    if (event.isTrusted && box && event.target === box) tab.set("private", box.checked ? "yes" : "");
  });
  setInterval(() => {
    const box = field();
    if (box && !box.checked && tab.get("private")) box.click();
  }, STEP);
}
