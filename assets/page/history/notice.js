// What the page's script tells a person: a line in the corner where the list is, seen also while that is closed.

import { element } from "../dom.js";
import { SENTENCES } from "../store/failures.js";
import texts from "../texts.js";

/** @typedef {keyof typeof SENTENCES} Trouble */

/** @type {Trouble[]} */
const PASSING = ["forbidden", "full", "blocked", "unprepared", "failed"];

export class Notice {
  constructor() {
    /** @type {Set<Trouble>} */
    this.told = new Set();
    this.place = element("div", { id: "storage-notice" }, { role: "status" });
    document.body.append(this.place);
  }

  /** @param {string} text */
  say(text) {
    const close = element("button", { type: "button", textContent: "✕", title: texts.chats.dismiss }, { "aria-label": texts.chats.dismiss });
    close.onclick = () => this.clear();
    this.place.replaceChildren(element("p", { textContent: text }), close);
  }

  clear() {
    this.place.replaceChildren();
  }

  /** Says what went wrong, once for as long as it goes on. @param {Trouble} trouble */
  tell(trouble) {
    if (this.told.has(trouble)) return;
    this.told.add(trouble);
    this.say(SENTENCES[trouble]);
  }

  /** What could not be kept is kept now. */
  settled() {
    if (PASSING.filter((trouble) => this.told.delete(trouble)).length) this.clear();
  }
}
