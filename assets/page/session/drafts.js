// What was being written in the chats that are not shown: each has it back when it is opened.

/**
 * @typedef {object} Draft
 * @property {string} text
 * @property {string} aside what had to make room in the box
 * @property {string[]} files where the server has them
 * @property {string[]} [choices] what goes of each, in the server's words
 * @property {string} queue a message that waits, see composer/queue.js
 */

const MOST = 50; // chats
const LONGEST = 1_500_000; // characters of all of them
/** @type {Draft} */
export const NOTHING = Object.freeze({ text: "", aside: "", files: [], queue: "" });

/** @param {[string, Draft][]} drafts */
const written = (drafts) => (drafts.length ? JSON.stringify(drafts) : "");

/** Those of them that there is room for: one that is too long by itself takes no other's. @param {[string, Draft][]} drafts */
function newest(drafts) {
  let left = LONGEST;
  const fits = (/** @type {[string, Draft]} */ each) => {
    const size = JSON.stringify(each).length + 1;
    const isFitting = size <= left;
    if (isFitting) left -= size;
    return isFitting;
  };
  return [...drafts].reverse().filter(fits).reverse();
}

/** @param {unknown} found @returns {found is [string, Draft]} */
function isDraft(found) {
  if (!Array.isArray(found) || typeof found[0] !== "string" || !found[1]) return false;
  const { text, aside, files, queue } = found[1];
  return [text, aside, queue].every((each) => typeof each === "string") && Array.isArray(files);
}

export class Drafts {
  /** @param {import("./tab_storage.js").TabStorage} tab */
  constructor(tab) {
    this.tab = tab;
  }

  /** @returns {[string, Draft][]} the newest last */
  read() {
    const kept = this.tab.json("drafts");
    return Array.isArray(kept) ? kept.filter(isDraft) : [];
  }

  /**
   * For want of room those that were left longest ago do not survive a reload.
   * @param {string} chat
   * @param {Draft} draft
   */
  keep(chat, draft) {
    const others = this.read().filter(([id]) => id !== chat);
    const isEmpty = !draft.text && !draft.aside && !draft.files.length && !draft.queue;
    const all = isEmpty ? others : [...others, /** @type {[string, Draft]} */ ([chat, draft])].slice(-MOST);
    this.tab.set("drafts", written(all), written(newest(all)));
  }

  /** @param {string} chat @returns {Draft} */
  take(chat) {
    const found = this.read().find(([id]) => id === chat)?.[1] ?? NOTHING;
    this.keep(chat, NOTHING);
    return found;
  }
}
