// A message as it was written, which the server has: to be copied, or edited where it stands.

import { writeClipboard, writePromised } from "../devices/clipboard.js";
import { Editor } from "./editor.js";

/** @typedef {import("../commands.js").Commands} Commands */

const MOMENT = 1500; // milliseconds for which a button says that it has copied

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
   * @param {Element} button
   */
  copy(index, entry, button) {
    const typed = entry.querySelector(".typed")?.textContent;
    if (typed && entry.matches(".user")) writeClipboard(typed);
    else writePromised(new Promise((resolve) => this.ask(index, resolve)));
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), MOMENT);
  }

  /**
   * @param {number} index
   * @param {Element} entry
   */
  edit(index, entry) {
    if (entry.querySelector(".editor")) return;
    this.ask(index, (text) => new Editor(entry, text, (changed) => this.commands.rewrite(index, changed)));
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
