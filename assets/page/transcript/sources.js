// A message as it was written, which the server has: to be copied, or edited where it stands.

import { writeClipboard } from "../devices/clipboard.js";
import { element } from "../dom.js";

/** @typedef {import("../commands.js").Commands} Commands */

export class Sources {
  /** @param {Commands} commands */
  constructor(commands) {
    this.commands = commands;
    /** @type {Map<number, (text: string) => void>} */
    this.awaited = new Map();
  }

  /** @param {number} index @param {string} text */
  take(index, text) {
    const done = this.awaited.get(index);
    this.awaited.delete(index);
    done?.(text);
  }

  /**
   * @param {number} index
   * @param {Element} entry
   */
  copy(index, entry) {
    const typed = entry.querySelector(".typed");
    if (typed?.textContent && entry.matches(".user")) return writeClipboard(typed.textContent);
    this.ask(index, writeClipboard);
  }

  /**
   * @param {number} index
   * @param {Element} entry
   */
  edit(index, entry) {
    if (entry.querySelector(".editor")) return;
    this.ask(index, (text) => {
      const field = element("textarea", { value: text }, { "aria-label": "Edit answer" });
      const save = element("button", { type: "submit", textContent: "Save" });
      const cancel = element("button", { type: "button", textContent: "Cancel" });
      const form = element("form", { className: "editor" });
      form.append(field, save, cancel);
      cancel.addEventListener("click", () => form.remove());
      form.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.stopPropagation();
        form.remove();
      });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.commands.rewrite(index, field.value);
      });
      entry.append(form);
      field.focus();
    });
  }

  /**
   * @param {number} index
   * @param {(text: string) => void} done
   */
  ask(index, done) {
    this.awaited.set(index, done);
    this.commands.source(index);
  }
}
