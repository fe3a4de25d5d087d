// What this tab remembers over a reload: which conversation it shows, the name of the server's session, the draft,
// where the page was when that was sent, one that had to make room in the box, those of other chats, and a message that
// waits for the end of an answer.

const LONGEST = 2_000_000; // characters of a draft that are remembered; a browser keeps about five million of a tab

/** @typedef {"current" | "page" | "draft" | "sent" | "aside" | "private" | "drafts" | "queue"} Name */

/** @type {Name[]} */
const NAMES = ["current", "page", "draft", "sent", "aside", "private", "drafts", "queue"];

export class TabStorage {
  /** @param {() => Pick<Storage, "getItem" | "setItem">} storage throws where the browser forbids it */
  constructor(storage = () => sessionStorage) {
    /** @type {Map<Name, string>} */
    this.remembered = new Map();
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

  /** @param {Name} name @param {string} value */
  set(name, value) {
    const text = value.slice(0, LONGEST);
    if (text === this.get(name)) return;
    this.remembered.set(name, text);
    try {
      this.storage?.setItem(name, text);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // no room: it is remembered until a reload
    }
  }
}
