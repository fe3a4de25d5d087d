// The message that is being written: remembered as it is typed, so that a reload does not lose it.

import { closest, messageBox } from "../dom.js";

const REST = 300; // milliseconds after a key
const LOOK = 1000; // sending empties the box without an input

export class Draft {
  /** @param {import("./tab_storage.js").TabStorage} tab */
  constructor(tab) {
    this.tab = tab;
    this.isAwaited = tab.get("draft") !== ""; // by a box that is still empty after a reload
  }

  get text() {
    return this.tab.get("draft");
  }

  watch() {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    document.addEventListener("input", (event) => {
      if (!closest(event, "#message")) return;
      this.isAwaited = false;
      clearTimeout(timer);
      timer = setTimeout(() => this.remember(), REST);
    });
    addEventListener("pagehide", () => this.remember());
    setInterval(() => this.remember(), LOOK);
  }

  remember() {
    const box = messageBox();
    if (!box || (this.isAwaited && !box.value)) return;
    this.isAwaited = false;
    this.tab.set("draft", box.value);
  }

  /** Puts it back into the box, where the server does not. */
  putBack() {
    const box = messageBox();
    this.isAwaited = false;
    if (!box || box.value || !this.text) return;
    box.value = this.text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
