// What this browser keeps: conversations in parts, so that keeping a turn costs the same in a long one and a short.

import { Database, result } from "./database.js";
import { dropUnused, keepNodes, treeNode } from "./nodes.js";
import { areFull, laterFields, moment, withWords } from "./saves.js";

/**
 * @typedef {import("./saves.js").Save} Save
 * @typedef {import("./saves.js").TreeNode} TreeNode
 * @typedef {import("./nodes.js").NodeRow} NodeRow
 * @typedef {import("./nodes.js").Stores} Stores
 */

/**
 * A conversation without its messages. `count` nodes were kept so far; `searched` characters of words.
 * @typedef {object} Row
 * @property {string} id
 * @property {string} name
 * @property {string} title
 * @property {string} titled
 * @property {string} updated
 * @property {string | null} leaf
 * @property {string} panelAt
 * @property {number} count
 * @property {number} searched
 */

/** @typedef {{ id: string, deleted: string }} Tombstone */

/**
 * What came of a save. `isNew`: nothing was kept of the conversation before. `isLacking`: it hangs on a node that is
 * not kept. Nothing is kept of a conversation that was deleted.
 * @typedef {{ row: Row, isNew: boolean, isLacking: boolean, newWords: string } | "deleted"} Outcome
 */

const PARTS = ["conversations", "panels", "nodes", "setups", "words", "uses", "pictures"];

/** Every method raises StoreFailed where the browser does not let it, and then nothing was changed. */
export class Store {
  constructor(database = new Database()) {
    this.database = database;
  }

  /** The conversations that are kept, without their messages. @returns {Promise<Row[]>} */
  async rows() {
    const rows = await this.read("conversations", (stores) => result(stores("conversations").getAll()));
    return rows.filter((row) => !("deleted" in row));
  }

  /** What a search looks through, by the ids of the conversations. */
  async words() {
    const rows = await this.read("words", (stores) => result(stores("words").getAll()));
    return new Map(rows.map(({ id, text }) => /** @type {[string, string]} */ ([id, text])));
  }

  /**
   * Keeps a part of a conversation, in one transaction.
   * @param {Save} save
   * @param {ReadonlyMap<string, Blob>} pictures those of it that are not kept yet, by name
   * @param {boolean} isImport only an import brings back what was deleted
   * @returns {Promise<Outcome>}
   */
  save(save, pictures, isImport = false) {
    return this.write(async (stores) => {
      /** @type {Row | Tombstone | undefined} */
      const found = await result(stores("conversations").get(save.id));
      if (found && "deleted" in found && !isImport) return "deleted";
      const before = found && !("deleted" in found) ? found : undefined;
      const row = before ? laterFields(before, save) : newRow(save);
      const [finished, isLacking] = await keepNodes(stores, save, row);
      for (const [name, picture] of pictures) stores("pictures").put(picture, name);
      await keepSetups(stores, save);
      if (!before || moment(save.updated) >= moment(before.panelAt)) {
        row.panelAt = save.updated;
        stores("panels").put({ id: save.id, panel: JSON.stringify(save.panel) });
      }
      const newWords = areFull(row.searched) ? "" : await keepWords(stores, row, finished);
      stores("conversations").put(row);
      return { row, isNew: !before, isLacking, newWords };
    });
  }

  /**
   * All that is kept of a conversation.
   * @param {string} id
   * @returns {Promise<Save | null>}
   */
  load(id) {
    return this.read(["conversations", "panels", "nodes", "setups"], async (stores) => {
      const all = of(id);
      const [row, panel, nodes, setups] = await Promise.all([
        result(stores("conversations").get(id)),
        result(stores("panels").get(id)),
        result(stores("nodes").index("order").getAll(all)),
        result(stores("setups").getAll(all)),
      ]);
      if (!row || row.deleted) return null;
      const { name, title, titled, updated, leaf } = row;
      const growing = nodes.find((/** @type {NodeRow} */ node) => node.growing)?.id ?? null;
      return {
        id, name, title, titled, updated, leaf, growing, whole: true,
        panel: panel ? JSON.parse(panel.panel) : {},
        nodes: nodes.map(treeNode),
        setups: Object.fromEntries(setups.map((each) => [each.name, JSON.parse(each.setup)])),
      };
    });
  }

  /**
   * The ids of the nodes that are kept whole: done, and with their pictures. No message is read for it.
   * @param {string} id
   * @returns {Promise<string[]>}
   */
  have(id) {
    return this.read(["nodes", "uses", "pictures"], async (stores) => {
      const [all, growing, uses] = /** @type {[string[][], string[][], string[][]]} */ (await Promise.all([
        result(stores("nodes").index("order").getAllKeys(of(id))),
        result(stores("nodes").index("growing").getAllKeys(id)),
        result(stores("uses").getAllKeys(of(id))),
      ]));
      const kept = await Promise.all(uses.map(([, , picture = ""]) => result(stores("pictures").getKey(picture))));
      const lacking = [...growing, ...uses.filter((_, at) => kept[at] === undefined)];
      const without = new Set(lacking.map(([, node]) => node));
      return all.map(([, node = ""]) => node).filter((node) => !without.has(node));
    });
  }

  /**
   * Gives a conversation a title. Its messages are neither read nor written.
   * @param {string} id
   * @param {string} title
   * @param {(before: string) => string} at the time of this, from the time of the title before it
   * @returns {Promise<Row | null>} none where it is not kept
   */
  rename(id, title, at) {
    return this.database.use("conversations", "readwrite", async (stores) => {
      const row = await result(stores("conversations").get(id));
      if (!row || row.deleted) return null;
      const renamed = { ...row, title, name: title, titled: at(row.titled) };
      await result(stores("conversations").put(renamed));
      return renamed;
    });
  }

  /**
   * Forgets a conversation, and the pictures that no other names. What comes of it late is not kept any more.
   * @param {string} id
   * @param {string} at
   */
  async delete(id, at) {
    await this.write(async (stores) => {
      const all = of(id);
      const uses = await result(stores("uses").getAll(all));
      stores("conversations").put({ id, deleted: at });
      for (const name of ["panels", "words"]) stores(name).delete(id);
      for (const name of ["nodes", "setups", "uses"]) stores(name).delete(all);
      await dropUnused(stores, uses.map((use) => use.picture));
    });
  }

  /**
   * Those of these pictures that are not kept.
   * @param {readonly string[]} names
   * @returns {Promise<string[]>}
   */
  async lacking(names) {
    if (!names.length) return [];
    return this.read("pictures", async (stores) => {
      const keys = await Promise.all(names.map((name) => result(stores("pictures").getKey(name))));
      return names.filter((_, at) => keys[at] === undefined);
    });
  }

  /**
   * Keeps those pictures that a message names.
   * @param {ReadonlyMap<string, Blob>} pictures by name
   */
  async keepPictures(pictures) {
    if (!pictures.size) return;
    await this.database.use(["uses", "pictures"], "readwrite", async (stores) => {
      const names = [...pictures.keys()];
      const counts = await Promise.all(names.map((name) => result(stores("uses").index("picture").count(name))));
      for (const [at, name] of names.entries()) if (counts[at]) stores("pictures").put(pictures.get(name), name);
    });
  }

  /** @param {string} name @returns {Promise<Blob | undefined>} */
  picture(name) {
    return this.read("pictures", (stores) => result(stores("pictures").get(name)));
  }

  /**
   * @template T
   * @param {string | string[]} names
   * @param {(stores: Stores) => Promise<T>} work
   */
  read(names, work) {
    return this.database.use(names, "readonly", work);
  }

  /**
   * @template T
   * @param {(stores: Stores) => Promise<T>} work
   */
  write(work) {
    return this.database.use(PARTS, "readwrite", work);
  }
}

/** All rows of a conversation, where its id is the first part of the key. @param {string} id */
const of = (id) => IDBKeyRange.bound([id], [id, []]);

/** @param {Save} save @returns {Row} */
const newRow = ({ id, name, title, titled, updated, leaf }) =>
  ({ id, name: title || name, title, titled, updated, leaf, panelAt: "", count: 0, searched: 0 });

/** @param {Stores} stores @param {Save} save */
async function keepSetups(stores, { id, setups }) {
  for (const [name, setup] of Object.entries(setups))
    if ((await result(stores("setups").getKey([id, name]))) === undefined)
      stores("setups").put({ conversation: id, name, setup: JSON.stringify(setup) });
}

/** @param {Stores} stores @param {Row} row @param {TreeNode[]} nodes */
async function keepWords(stores, row, nodes) {
  const before = (await result(stores("words").get(row.id)))?.text ?? "";
  const text = withWords(before, nodes);
  if (text !== before) stores("words").put({ id: row.id, text });
  row.searched = text.length;
  return text.slice(before.length);
}
