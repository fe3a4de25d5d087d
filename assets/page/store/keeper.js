// Keeps what the server hands over. What the browser does not take is held in memory, and tried again with the next.

import { documentOf } from "./documents.js";
import { StoreFailed } from "./failures.js";
import { PictureFetcher } from "./fetching.js";
import { Held, withNames } from "./held.js";
import { joined, now, titledAfter } from "./saves.js";

/**
 * @typedef {import("./saves.js").Save} Save
 * @typedef {import("./store.js").Outcome} Outcome
 * @typedef {import("./store.js").Row} Row
 */

/**
 * @typedef {object} Surroundings
 * @property {import("./store.js").Store} store
 * @property {(path: string) => Promise<Blob | null | undefined>} download the server's picture at a path; null where it
 *   has it no more, undefined where it cannot be reached
 * @property {(id: string, have: string[]) => void} sync asks the server for what is not kept of a conversation
 * @property {(trouble: keyof typeof import("./failures.js").SENTENCES) => void} tell says what went wrong
 * @property {() => void} settled something was kept, and nothing is held any more
 * @property {() => void} persist asks the browser to keep it all; called once there is something
 */

export class Keeper {
  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    this.surroundings = surroundings;
    this.store = surroundings.store;
    /** @type {Map<string, Held>} */
    this.held = new Map();
    /** @type {Set<string>} */
    this.known = new Set(); // what this tab has kept
    /** @type {Set<string>} */
    this.asked = new Set(); // of which the server was asked for everything
    /** @type {Set<string>} */
    this.deleted = new Set(); // here, so that nobody need be told
    this.fetching = new PictureFetcher(surroundings);
    /** Called with what came of each save. @type {(id: string, outcome: Outcome | null) => void} */
    this.saved = () => {};
  }

  /**
   * Keeps a part of a conversation, or holds it. Of one that was deleted only an import is kept.
   * @param {Save} save
   */
  async save(save) {
    if (save.isImport) this.deleted.delete(save.id);
    if (this.deleted.has(save.id)) return;
    const before = this.held.get(save.id);
    if ((await this.keep(before ? before.with(save) : new Held(save))) && this.held.size) await this.retry();
  }

  /** Tries again to keep all that is held, and what comes meanwhile. */
  async retry() {
    for (let held = this.first(); held; held = this.first()) if (!(await this.keep(held))) return;
  }

  /** What is held longest. */
  first() {
    const [held] = this.held.values();
    return held;
  }

  /**
   * Its messages first, since they are at hand, then its pictures.
   * @param {Held} held
   * @returns {Promise<boolean>} whether it could be kept, or is not to be
   */
  async keep(held) {
    const { save } = held;
    try {
      const outcome = await this.store.save(withNames(save), held.pictures, save.isImport);
      this.saved(save.id, outcome);
      if (outcome !== "deleted") await this.store.keepPictures(await this.fetching.fetched(held));
      const waiting = this.held.get(save.id);
      if (waiting && (held.covers(waiting) || (outcome === "deleted" && !waiting.save.isImport))) {
        this.held.delete(save.id);
        this.saved(save.id, outcome);
      }
      if (!this.held.size) this.surroundings.settled();
      await this.kept(save, outcome);
      return true;
    } catch (error) {
      if (!(error instanceof StoreFailed)) throw error;
      if (this.deleted.has(save.id)) return true;
      const waiting = this.held.get(save.id);
      const all = !waiting || held.covers(waiting) ? held : held.beside(waiting);
      all.from = null;
      this.held.set(save.id, all);
      this.surroundings.tell(error.failure);
      this.saved(save.id, null);
      await this.fetching.fetched(all);
      return false;
    }
  }

  /** @param {Save} save @param {Outcome} outcome */
  async kept(save, outcome) {
    const { sync, tell, persist } = this.surroundings;
    if (outcome === "deleted") {
      if (!this.deleted.has(save.id)) tell("deleted");
      return;
    }
    if (!this.known.size) persist();
    const isCleared = outcome.isNew && this.known.has(save.id) && !save.isImport;
    this.known.add(save.id);
    if (save.whole) this.asked.delete(save.id);
    if (isCleared) tell("cleared");
    if (save.whole || !(isCleared || outcome.isLacking) || this.asked.has(save.id)) return;
    this.asked.add(save.id);
    sync(save.id, isCleared ? [] : await this.store.have(save.id));
  }

  /**
   * Keeps a conversation that this page has read from a file, beside what is kept of it, also where it was deleted. Raises StoreFailed.
   * @param {Save} save
   * @param {Map<string, Blob>} pictures
   */
  async import(save, pictures) {
    await this.store.save(save, pictures, true);
    this.deleted.delete(save.id);
    this.known.add(save.id);
  }

  /** Whether a part of the conversation is not kept. @param {string} id */
  isHeld(id) {
    return this.held.has(id);
  }

  /** The conversations of which a part is held only, as a list shows them. @returns {Save[]} */
  heldSaves() {
    return [...this.held.values()].map((held) => held.save);
  }

  /**
   * All that is known of a conversation, as a document whose pictures bear their names; null where nothing is. Raises
   * StoreFailed where that cannot be told.
   * @param {string} id
   */
  async document(id) {
    const { document, failed } = await this.read(id);
    if (!document && failed) throw failed;
    return document;
  }

  /**
   * The same; `failed` says why there is nothing, or only a part.
   * @param {string} id
   */
  async read(id) {
    /** @type {StoreFailed | null} */
    let failed = null;
    const kept = await this.store.load(id).catch((error) => {
      if (!(error instanceof StoreFailed)) throw error;
      failed = error;
      return null;
    });
    if (kept) this.deleted.delete(id); // another tab has brought it back
    const save = this.held.get(id)?.save;
    const held = save ? withNames(save) : null;
    const all = kept && held ? joined(kept, held) : (kept ?? held);
    return { document: all && documentOf(all), failed: held?.whole ? null : /** @type {StoreFailed | null} */ (failed) };
  }

  /**
   * What a search looks through, by conversations; none where it cannot be read.
   * @returns {Promise<Map<string, string>>}
   */
  async words() {
    return (await this.store.words().catch(unreadable)) ?? new Map();
  }

  /** None where it is not kept, or cannot be read. @param {string} conversation @param {string} name */
  async picture(conversation, name) {
    const held = this.held.get(conversation)?.pictures.get(name);
    return held ?? (await this.store.picture(name).catch(unreadable)) ?? null;
  }

  /** The nodes of a conversation that the server need not send again. @param {string} id */
  async have(id) {
    const kept = (await this.store.have(id).catch(unreadable)) ?? [];
    const { nodes, growing } = this.held.get(id)?.save ?? { nodes: [], growing: null };
    return [...new Set([...kept, ...nodes.map((node) => node.id).filter((node) => node !== growing)])];
  }

  /**
   * @param {string} id
   * @param {string} title
   * @returns {Promise<Row | null>} none where it is not kept
   */
  async rename(id, title) {
    const held = this.held.get(id);
    if (held) {
      const { save } = held;
      this.held.set(id, new Held({ ...save, title, name: title, titled: titledAfter(save.titled) }, held.pictures));
    }
    return this.store.rename(id, title, titledAfter);
  }

  /**
   * Raises StoreFailed where it is still kept.
   * @param {string} id
   */
  async delete(id) {
    try {
      await this.store.delete(id, now());
    } catch (error) {
      const isGone = error instanceof StoreFailed && error.failure === "forbidden" && this.held.has(id);
      if (!isGone) throw error;
    }
    this.deleted.add(id);
    const wasHeld = this.held.delete(id);
    if (wasHeld && !this.held.size) this.surroundings.settled();
    await this.retry(); // there may be room now
    return true;
  }
}

/** @param {unknown} error */
function unreadable(error) {
  if (error instanceof StoreFailed) return null;
  throw error;
}
