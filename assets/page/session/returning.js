// Going on where this tab was: the server's session of the page, or the conversation from where it is kept.

const WAIT = 400; // milliseconds after the start, until Gradio has put its parts into the page
const OPENING = 10_000; // within which a second demand for the same conversation is passed over
const SETTLED = 5000; // until the server has done what it was asked by the connection before

/**
 * @typedef {object} Surroundings
 * @property {import("../history/conversations.js").Conversations} conversations
 * @property {import("../commands.js").Commands} commands
 * @property {import("./tab_storage.js").TabStorage} tab
 * @property {Pick<import("./draft.js").Draft, "carried" | "remember" | "putBack">} draft
 * @property {(page: string) => Promise<boolean>} isElsewhere whether another tab goes on with a session
 * @property {() => void} [ready] is called once the page shows what this tab had
 * @property {() => number} [now]
 * @property {number} [settled] milliseconds
 */

export class Returning {
  /** @param {Surroundings} surroundings */
  constructor({
    conversations, commands, tab, draft, isElsewhere, ready = () => {}, now = () => performance.now(), settled = SETTLED,
  }) {
    this.conversations = conversations;
    this.commands = commands;
    this.tab = tab;
    this.draft = draft;
    this.isElsewhere = isElsewhere;
    this.ready = ready;
    this.now = now;
    this.settled = settled;
    this.isResuming = false; // the server was asked to go on, and has not said with what
    this.isFresh = false; // loaded a moment ago: nothing on the page is newer than what is kept
    this.openedAt = -Infinity;
  }

  /**
   * Takes up what this tab remembers. A link that brings a question of its own begins a new conversation.
   * @param {string} query of the page's address
   */
  begin(query) {
    if (new URLSearchParams(query).has("q")) return;
    if (this.tab.get("page") || this.conversations.current) {
      this.isFresh = true;
      setTimeout(() => this.resume(), WAIT);
      return;
    }
    setTimeout(() => this.draft.putBack(), 2 * WAIT);
    this.ready();
  }

  /**
   * The server's session has pictures that are to be sent: it is found by this name after a reload. Not before the one
   * that is being gone on with has been asked for: until then the server knows this page by another.
   * @param {string} page
   */
  named(page) {
    if (!this.isFresh) this.tab.set("page", page);
  }

  /** Asks the server to go on. */
  async resume() {
    const { conversations, tab, draft } = this;
    draft.remember();
    if (this.isFresh && (await this.isElsewhere(tab.get("page")))) tab.set("page", ""); // this tab is a copy
    this.isResuming = true;
    const id = conversations.current;
    this.commands.resume({ page: tab.get("page"), id, have: await this.have(id), text: draft.carried, sent: tab.get("sent") });
  }

  /** What is kept of a conversation. @param {string} id @returns {Promise<string[]>} */
  async have(id) {
    return (id && (await this.conversations.keeper?.have(id))) || [];
  }

  /** Asks for what the connection before was told and did not hear, and for what it changed since. */
  async sync() {
    const { current } = this.conversations;
    this.commands.sync(current, await this.have(current));
  }

  /**
   * The server says what is shown.
   * @param {{ page?: string }} shown
   */
  shown({ page }) {
    if (page !== undefined) this.tab.set("page", page);
    if (this.isResuming) {
      setTimeout(() => this.sync(), this.settled);
      this.ready();
    }
    this.isResuming = false;
    if (this.isFresh) setTimeout(() => this.draft.putBack(), 2 * WAIT); // where the server does not
    this.isFresh = false;
    this.openedAt = -Infinity;
  }

  /** The server has no session for this page: it is given the conversation, and carries out what it was to do. */
  async lost() {
    if (this.now() - this.openedAt < OPENING) return;
    this.openedAt = this.now();
    const { conversations, draft, isFresh } = this;
    this.isFresh = false;
    if (!isFresh) {
      await conversations.open(conversations.current, { again: true });
      return;
    }
    const { carried } = draft;
    if (carried) draft.putBack(); // before the server is asked, which leaves alone a box in which something stands
    const { current } = conversations;
    if (!current || !(await conversations.open(current, { text: carried }))) conversations.remember("");
    if (!carried) setTimeout(() => draft.putBack(), 2 * WAIT); // when the call has gone without it
  }
}
