// The tick at Private outlives a reload: what is private must not begin to be kept by itself.

import { find } from "../dom.js";

const LOOKS = 100; // for as many steps the tick is put back: Gradio takes it away while it builds the page
const STEP = 150; // milliseconds

const field = () => find("#private input", HTMLInputElement);

/** @param {import("./tab_storage.js").TabStorage} tab */
export function rememberPrivate(tab) {
  document.addEventListener("change", (event) => {
    const box = field();
    if (event.isTrusted && box && event.target === box) tab.set("private", box.checked ? "yes" : "");
  });
  let left = LOOKS;
  const waiting = setInterval(() => {
    const box = field();
    if (!tab.get("private") || left === 0) return clearInterval(waiting);
    if (!box) return;
    left -= 1;
    if (!box.checked) box.click();
  }, STEP);
}
