// A word on what has just been done, for what has no place of its own. It goes by itself.

import { element } from "../dom.js";

const SECONDS = 4;

/** @param {string} text */
export function toast(text) {
  document.querySelector("#toast")?.remove();
  const shown = element("div", { id: "toast", textContent: text }, { role: "status" });
  document.body.append(shown);
  setTimeout(() => shown.remove(), SECONDS * 1000);
}
