// The conversations that are kept, in this browser or in the server's archive, and which of them the page shows.

import { randomId } from "../store/documents.js";
import { StoreFailed } from "../store/failures.js";
import { pictureName, picturesOf } from "../store/pictures.js";

/**
 * @typedef {import("./entries.js").Entry} Entry
 * @typedef {import("../store/store.js").Outcome} Outcome
 * @typedef {import("../store/store.js").Row} Row
 * @typedef {keyof typeof import("../store/failures.js").SENTENCES} Trouble
 */

/**
 * @typedef {object} Surroundings
 * @property {import("../store/keeper.js").Keeper | null} keeper none where the server has an archive
 * @property {import("./search.js").WordSearch | import("./search.js").ServerSearch} search
 * @property {import("../commands.js").Commands} commands
 * @property {(file: File) => Promise<{ path: string }>} upload hands the server a file
 * @property {import("../session/tab_storage.js").TabStorage} tab what this tab remembers
 * @property {(trouble: Trouble) => void} tell says what went wrong
 * @property {(change: import("./tabs.js").Change) => void} tellTabs
 */

export class Conversations {
  /** @param {Surroundings} surroundings */
  constructor({ keeper, search, commands, upload, tab, tell, tellTabs }) {
    this.keeper = keeper;
    this.search = search;
    this.commands = commands;
    this.upload = upload;
    this.tab = tab;
    this.tell = tell;
    this.tellTabs = tellTabs;
    /** @type {Entry[]} */
    this.listed = []; // in the archive
    /** @type {Map<string, Row>} */
    this.rows = new Map(); // in this browser
    this.isRead = false; // there is a list
    this.isAsking = false; // the archive for its list
    this.current = tab.get("current");
    this.shown = ""; // what the server has said to be on the page, and has not lost since
    this.changed = () => {};
    /** @type {(entry: Entry) => void} */
    this.exportOne = ({ id }) => commands.exportAll(id); // where the server has the archive
    if (keeper) keeper.saved = (id, outcome) => this.saved(id, outcome);
  }

  /** @returns {Entry[]} */
  get entries() {
    const { keeper } = this;
    if (!keeper) return this.listed;
    const kept = [...this.rows.values()].map(({ id, name, updated }) => ({
      id, title: name, updated, isHeld: keeper.isHeld(id),
    }));
    const held = keeper.heldSaves().filter(({ id }) => !this.rows.has(id));
    return [...kept, ...held.map(({ id, name, updated }) => ({ id, title: name, updated, isHeld: true }))];
  }

  /** What the one that is shown is called; "" for a new one. */
  get title() {
    const { keeper, current } = this;
    if (!keeper) return this.listed.find(({ id }) => id === current)?.title ?? "";
    return this.rows.get(current)?.name ?? keeper.heldSaves().find(({ id }) => id === current)?.name ?? "";
  }

  /** @param {Entry[]} entries the archive's */
  list(entries) {
    const isNews = !this.isAsking && JSON.stringify(entries) !== JSON.stringify(this.listed); // by what was done here
    this.isAsking = false;
    this.listed = entries;
    this.isRead = true;
    if (isNews) this.tellTabs({});
    this.changed();
  }

  /** What the archive has with a text. @param {{ text: string, ids: string[] }} found */
  found(found) {
    if ("answered" in this.search) this.search.answered(found);
  }

  /**
   * The server says which one the page shows from now on.
   * @param {string} id
   * @returns {boolean} whether it is another than before
   */
  show(id) {
    const isOther = id !== this.current;
    this.shown = id;
    if (isOther) this.remember(id);
    return isOther;
  }

  /** Whether the page has it, and newer than it is kept: it need not be opened. @param {string} id */
  isShown(id) {
    return id !== "" && id === this.shown;
  }

  /** @param {string} id */
  remember(id) {
    this.current = id;
    this.tab.set("current", id);
    this.changed();
  }

  /** Reads the list anew, or asks the archive for it. @returns {Promise<boolean>} whether it could be read */
  async refresh() {
    const { keeper } = this;
    if (!keeper) {
      this.isAsking = true;
      this.commands.list();
      return true;
    }
    const rows = await this.trying(() => keeper.store.rows());
    if (rows) this.rows = new Map(rows.map((row) => [row.id, row]));
    this.isRead = true;
    this.changed();
    return rows !== null;
  }

  /** @param {string} id @param {Outcome | null} outcome */
  saved(id, outcome) {
    if (outcome === "deleted") this.rows.delete(id);
    else if (outcome) {
      this.rows.set(id, outcome.row);
      this.search.add(id, outcome.newWords);
      this.tellTabs({ id, words: outcome.newWords });
    }
    this.changed();
  }

  /** Other tabs have kept something. @param {readonly import("./tabs.js").Change[]} changes */
  async changedElsewhere(changes) {
    for (const { id, words } of changes)
      if (id) this.search.add(id, words ?? "");
      else this.search.forget();
    await this.refresh();
  }

  /**
   * `again`: the server has lost it, and what the page holds besides stays. `text`: what is to stand in the box.
   * @param {string} id
   * @param {{ again?: boolean, text?: string }} how
   * @returns {Promise<boolean>} whether it is kept
   */
  async open(id, { again = false, text } = {}) {
    if (again) this.shown = "";
    if (!this.keeper) {
      this.commands.open({ id, again, text });
      return true;
    }
    const { keeper } = this;
    const document = await this.trying(() => keeper.document(id));
    if (!document) {
      if (again) this.commands.open({ id, again, text });
      else await this.refresh(); // deleted in another tab
      return false;
    }
    const body = await this.handedOver(id, document);
    if (body) this.commands.open({ id, body, again, text });
    else this.tell("unsent");
    return true;
  }

  /**
   * Gives the server a document as a file, and first its pictures.
   * @param {string} id
   * @param {{ nodes: import("../store/saves.js").TreeNode[] }} document
   * @returns {Promise<string | null>} where it has the file, or null where it could not be reached
   */
  async handedOver(id, document) {
    try {
      /** @type {Map<string, string>} */
      const sent = new Map();
      for (const picture of document.nodes.flatMap((node) => picturesOf(node.message))) {
        const name = pictureName(picture.path);
        if (!sent.has(name)) sent.set(name, await this.sendPicture(id, name));
        picture.path = sent.get(name) || picture.path;
      }
      const name = `conversation-${randomId()}.json`; // equal files of several tabs would be one, which goes once it is read
      const file = new File([JSON.stringify(document)], name, { type: "application/json" });
      return (await this.upload(file)).path;
    } catch (error) {
      if (error instanceof Error) return null; // Gradio's, of no type of its own
      throw error;
    }
  }

  /** @param {string} id @param {string} name @returns {Promise<string>} "" where it is kept nowhere */
  async sendPicture(id, name) {
    const picture = await this.keeper?.picture(id, name);
    return picture ? (await this.upload(new File([picture], name, { type: "image/png" }))).path : "";
  }

  /** @param {string} id */
  async delete(id) {
    const { keeper } = this;
    if (keeper && !(await this.trying(() => keeper.delete(id)))) {
      await this.refresh();
      return;
    }
    this.rows.delete(id);
    this.tellTabs({ id });
    this.commands.delete(id);
    if (id === this.current) this.show("");
    this.changed();
  }

  /** @param {string} id @param {string} title */
  async rename(id, title) {
    const row = await this.trying(() => this.keeper?.rename(id, title));
    if (row) this.rows.set(id, row);
    if (this.keeper && !row && !this.keeper.isHeld(id)) {
      await this.refresh(); // deleted in another tab
      return;
    }
    this.tellTabs({ id });
    this.commands.rename(id, title);
    this.changed();
  }

  /**
   * What an action gives; null where the browser does not let it, which is told.
   * @template T
   * @param {() => Promise<T> | undefined} action
   */
  async trying(action) {
    try {
      return (await action()) ?? null;
    } catch (error) {
      if (!(error instanceof StoreFailed)) throw error;
      this.tell(error.failure);
      return null;
    }
  }
}
