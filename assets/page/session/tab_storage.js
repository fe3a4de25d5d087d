// What this tab remembers over a reload: which conversation it shows, the name of the server's session, the draft,
// where the page was when that was sent, one that had to make room in the box, those of other chats, and a message that
// waits for the end of an answer.

const LONGEST = 2_000_000; // characters of a draft that survive a reload; a browser keeps about five million of a tab

/** @typedef {"current" | "page" | "draft" | "sent" | "aside" | "private" | "drafts" | "queue" | "batch"} Name */

/** @type {Name[]} */
const NAMES = ["current", "page", "draft", "sent", "aside", "private", "drafts", "queue", "batch"];
/** @type {Name[]} */
const TYPED = ["draft", "aside", "drafts", "queue"]; // what nobody gets back who loses it

export class TabStorage {
  /** @param {() => Pick<Storage, "getItem" | "setItem">} storage throws where the browser forbids it */
  constructor(storage = () => sessionStorage) {
    /** @type {Map<Name, string>} */
    this.remembered = new Map();
    /** @type {Set<Name>} */
    this.lacking = new Set(); // of what was typed: not all of it would survive a reload
    this.isForbidden = false;
    try {
      this.storage = storage();
      for (const name of NAMES)
        this.remembered.set(name, this.storage.getItem(name) ?? "");
    } catch (error) {
      if (!(error instanceof DOMException || error instanceof TypeError)) throw error;
      this.storage = null;
      this.isForbidden = true;
    }
  }

  /** @param {Name} name */
  get(name) {
    return this.remembered.get(name) ?? "";
  }

  /** What is remembered as JSON; undefined where that is nothing, or damaged. @param {Name} name @returns {unknown} */
  json(name) {
    try {
      return JSON.parse(this.get(name));
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /**
   * All of it is there until a reload.
   * @param {Name} name
   * @param {string} value
   * @param {string} kept what of it survives one
   */
  set(name, value, kept = value.slice(0, LONGEST)) {
    if (value === this.get(name)) return;
    this.remembered.set(name, value);
    const isKept = this.keep(name, kept) && kept === value;
    if (isKept || !value || !TYPED.includes(name)) this.lacking.delete(name);
    else this.lacking.add(name);
  }

  /** Whether the browser does. @param {Name} name @param {string} text */
  keep(name, text) {
    try {
      this.storage?.setItem(name, text);
      return !this.isForbidden;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // no room
      return false;
    }
  }
}
