// The conversations that are kept, in this browser or in the server's archive, and which of them the page shows.

import { renamed, replacing } from "./entries.js";
import { pictureName, picturePaths, unusedPictures, withPath } from "./pictures.js";

/**
 * @typedef {import("./entries.js").Entry} Entry
 * @typedef {import("./entries.js").KeptEntry} KeptEntry
 * @typedef {import("./browser_store.js").BrowserStore} BrowserStore
 */

/**
 * @typedef {object} Surroundings
 * @property {BrowserStore | null} store none where the server has an archive
 * @property {import("../commands.js").Commands} commands
 * @property {(file: File) => Promise<{ path: string }>} upload hands the server a file
 * @property {(path: string) => Promise<Blob | null>} download the server's picture at a path
 * @property {Pick<Storage, "getItem" | "setItem">} session what this tab remembers
 */

export class Conversations {
  /** @param {Surroundings} surroundings */
  constructor({ store, commands, upload, download, session }) {
    this.store = store;
    this.commands = commands;
    this.upload = upload;
    this.download = download;
    this.session = session;
    /** @type {Entry[]} */
    this.entries = [];
    this.current = session.getItem("current") || "";
    /** @type {Set<string>} */
    this.gone = new Set(); // deleted while an answer was under way: its end is not kept any more
    this.changed = () => {};
  }

  /** @param {string} id */
  remember(id) {
    this.current = id;
    this.session.setItem("current", id);
  }

  async refresh() {
    if (this.store) this.entries = await this.store.entries();
    this.changed();
  }

  /**
   * Keeps a conversation in this browser, with pictures that it does not have yet.
   * @param {KeptEntry} entry
   */
  async save(entry) {
    const { store } = this;
    if (!store) return;
    for (const path of picturePaths(entry.body)) {
      if (await store.hasPicture(pictureName(path))) continue;
      const picture = await this.download(path);
      if (picture) await store.keepPicture(pictureName(path), picture);
    }
    const before = await store.entry(entry.id);
    if (this.gone.has(entry.id)) return;
    await store.keepEntry(replacing(entry, before));
  }

  /**
   * `again`: the server has lost it, and what the page holds besides stays.
   * @param {string} id
   * @param {boolean} again
   */
  async open(id, again = false) {
    const { store } = this;
    if (!store) return this.commands.open({ id, again });
    const entry = await store.entry(id);
    if (entry) this.commands.open({ id, body: await this.withPictures(store, entry.body), again });
    else if (again) this.commands.open({ id, again });
  }

  /**
   * The body with its pictures where the server has them now.
   * @param {BrowserStore} store
   * @param {string} body
   */
  async withPictures(store, body) {
    for (const path of new Set(picturePaths(body))) {
      const picture = await store.picture(pictureName(path));
      if (!picture) continue;
      const sent = await this.upload(new File([picture], pictureName(path), { type: "image/png" }));
      body = withPath(body, path, sent.path);
    }
    return body;
  }

  /** @param {string} id */
  async delete(id) {
    this.gone.add(id);
    const { store } = this;
    if (store) {
      await store.dropEntry(id);
      const bodies = (await store.entries()).map((entry) => entry.body);
      for (const name of unusedPictures(await store.pictureNames(), bodies)) await store.dropPicture(name);
    }
    this.commands.delete(id);
    if (id === this.current) this.remember("");
    await this.refresh();
  }

  /** @param {string} id @param {string} title */
  async rename(id, title) {
    const { store } = this;
    if (store) {
      const entry = await store.entry(id);
      if (!entry) return this.refresh(); // deleted in another tab
      await store.keepEntry(renamed(entry, title));
    }
    this.commands.rename(id, title);
    await this.refresh();
  }
}
