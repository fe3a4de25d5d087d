// What was being written in the chats that are not shown: each has it back when it is opened.

/**
 * @typedef {object} Draft
 * @property {string} text
 * @property {string} aside what had to make room in the box
 * @property {string[]} files where the server has its images
 * @property {string} queue a message that waits, see composer/queue.js
 */

const MOST = 50; // chats
const LONGEST = 1_500_000; // characters of all of them
/** @type {Draft} */
export const NOTHING = Object.freeze({ text: "", aside: "", files: [], queue: "" });

export class Drafts {
  /** @param {import("./tab_storage.js").TabStorage} tab */
  constructor(tab) {
    this.tab = tab;
  }

  /** @returns {[string, Draft][]} the newest last */
  read() {
    try {
      return JSON.parse(this.tab.get("drafts") || "[]");
    } catch (error) {
      if (error instanceof SyntaxError) return []; // one that was longer than a tab remembers
      throw error;
    }
  }

  /**
   * For want of room those that were left longest ago go.
   * @param {string} chat
   * @param {Draft} draft
   */
  keep(chat, draft) {
    const others = this.read().filter(([id]) => id !== chat);
    const isEmpty = !draft.text && !draft.aside && !draft.files.length && !draft.queue;
    const all = isEmpty ? others : [...others, /** @type {[string, Draft]} */ ([chat, draft])].slice(-MOST);
    while (all.length > 1 && JSON.stringify(all).length > LONGEST) all.shift();
    this.tab.set("drafts", all.length ? JSON.stringify(all) : "");
  }

  /** @param {string} chat @returns {Draft} */
  take(chat) {
    const found = this.read().find(([id]) => id === chat)?.[1] ?? NOTHING;
    this.keep(chat, NOTHING);
    return found;
  }
}
