// What a search looks through beside the titles: in this browser its words, in an archive what the server finds.

const DEBOUNCE = 150; // milliseconds after a key, before the server is asked

/** The words that this browser keeps: read once, when somebody begins to search, and from then on kept up to date. */
export class WordSearch {
  /** @param {() => Promise<Map<string, string>>} read */
  constructor(read) {
    this.read = read;
    /** @type {Map<string, string> | null} */
    this.words = null;
    /** @type {Promise<void> | null} */
    this.reading = null;
    /** @type {[id: string, words: string][]} */
    this.meanwhile = [];
    /** The words are there. */
    this.changed = () => {};
  }

  /** Somebody searches. */
  ask() {
    this.reading ??= this.load();
    return this.reading;
  }

  async load() {
    this.meanwhile = [];
    const words = await this.read();
    for (const [id, more] of this.meanwhile) if (!words.get(id)?.endsWith(more)) addTo(words, id, more);
    this.words = words;
    this.changed();
  }

  /** @param {string} id @param {string} text in lower case */
  isFound(id, text) {
    return this.words?.get(id)?.includes(text) ?? false;
  }

  /** More was said in a conversation. @param {string} id @param {string} words */
  add(id, words) {
    if (!words) return;
    if (this.words) addTo(this.words, id, words);
    else if (this.reading) this.meanwhile.push([id, words]);
  }

  /** Many have changed: they are read again when somebody searches. */
  forget() {
    this.words = this.reading = null;
  }
}

/** @param {Map<string, string>} words @param {string} id @param {string} more */
const addTo = (words, id, more) => words.set(id, (words.get(id) ?? "") + more);

/** What the server finds in its archive. */
export class ServerSearch {
  /** @param {(text: string) => void} search asks the server */
  constructor(search) {
    this.search = search;
    this.wanted = "";
    /** @type {Set<string>} */
    this.ids = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.changed = () => {};
  }

  /** @param {string} wanted */
  ask(wanted) {
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.ids = new Set();
    clearTimeout(this.timer);
    if (wanted) this.timer = setTimeout(() => this.search(wanted), DEBOUNCE);
  }

  /** The server's answer; one to an earlier question is passed over. @param {{ text: string, ids: string[] }} found */
  answered({ text, ids }) {
    if (text !== this.wanted) return;
    this.ids = new Set(ids);
    this.changed();
  }

  /** @param {string} id */
  isFound(id) {
    return this.ids.has(id);
  }

  add() {}

  forget() {}
}
