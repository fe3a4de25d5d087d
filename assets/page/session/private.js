// The tick at Private outlives a reload: what is private must not begin to be kept by itself.

import { find } from "../dom.js";

const field = () => find("#private input", HTMLInputElement);

/** @param {import("./tab_storage.js").TabStorage} tab */
export function rememberPrivate(tab) {
  document.addEventListener("change", (event) => {
    const box = field();
    if (box && event.target === box) tab.set("private", box.checked ? "yes" : "");
  });
  if (!tab.get("private")) return;
  const waiting = setInterval(() => {
    const box = field();
    if (!box) return;
    clearInterval(waiting);
    if (!box.checked) box.click();
  }, 50);
}
