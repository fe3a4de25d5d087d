// The stores of the database, and how one of version 1 becomes one of version 2: within the upgrade, all or nothing.

import { firstNodes, isObject, nameOf, randomId, without } from "./documents.js";
import { pictureName, pictureNames, withPaths } from "./pictures.js";
import { textOf, withWords } from "./saves.js";

export const VERSION = 2;

/**
 * What version 1 kept of a conversation: `body` is the whole of it as JSON, `named` says that a person gave the title.
 * @typedef {{ id: string, title: string, updated: string, words: string, body: string, named?: boolean }} FirstEntry
 */

/**
 * Makes the stores that are not there, and moves what version 1 kept.
 * @param {IDBDatabase} database
 * @param {IDBTransaction} transaction the upgrade's
 * @param {number} before the version that the database has
 */
export function upgrade(database, transaction, before) {
  database.createObjectStore("conversations", { keyPath: "id" });
  database.createObjectStore("panels", { keyPath: "id" });
  const nodes = database.createObjectStore("nodes", { keyPath: ["conversation", "id"] });
  nodes.createIndex("order", ["conversation", "order"]);
  nodes.createIndex("growing", "growing");
  database.createObjectStore("setups", { keyPath: ["conversation", "name"] });
  database.createObjectStore("words", { keyPath: "id" });
  const uses = database.createObjectStore("uses", { keyPath: ["conversation", "node", "picture"] });
  uses.createIndex("picture", "picture");
  if (before === 0) database.createObjectStore("pictures");
  else moveDocuments(database, transaction);
}

/** @param {IDBDatabase} database @param {IDBTransaction} transaction */
function moveDocuments(database, transaction) {
  const request = transaction.objectStore("documents").openCursor();
  let left = 0;
  request.onsuccess = () => {
    const cursor = request.result;
    if (cursor) {
      const rows = rowsOf(cursor.value);
      for (const [name, row] of rows ?? []) transaction.objectStore(name).put(row);
      if (rows) cursor.delete();
      else left += 1;
      cursor.continue();
    } else if (!left) database.deleteObjectStore("documents"); // else those that could not be read stay in it
  };
}

/**
 * What is kept of an entry from now on, by the names of the stores; null where it cannot be read, whatever is wrong.
 * @param {FirstEntry} entry
 */
function rowsOf(entry) {
  try {
    return [...readRows(entry)];
  } catch {
    return null; // one alone: else no conversation at all could be opened any more
  }
}

/**
 * @param {FirstEntry} entry
 * @returns {Generator<[store: string, row: object]>}
 */
function* readRows(entry) {
  const body = JSON.parse(entry.body);
  if (!isObject(body) || !isObject(body.history)) throw new TypeError("no conversation");
  const { nodes, setups, leaf } = firstNodes(body, randomId);
  if (!nodes.every((node) => isObject(node.message))) throw new TypeError("no messages");
  const panel = without(body, ["format", "id", "title", "updated", "history"]);
  const { id } = entry, listed = textOr(entry.title, "") || nameOf(nodes);
  const title = entry.named ? listed : textOr(body.title, "");
  const updated = textOr(entry.updated, textOr(body.updated, ""));
  const words = textOr(entry.words, withWords("", nodes));
  const row = { id, name: title || listed, title, titled: title && updated, updated, leaf, panelAt: updated };
  yield ["conversations", { ...row, count: nodes.length, searched: words.length }];
  yield ["panels", { id, panel: JSON.stringify(panel) }];
  yield ["words", { id, text: words }];
  for (const [name, setup] of Object.entries(setups))
    yield ["setups", { conversation: id, name, setup: JSON.stringify(setup) }];
  for (const [order, node] of nodes.entries()) {
    for (const picture of pictureNames(node.message)) yield ["uses", { conversation: id, node: node.id, picture }];
    const text = textOf(withPaths(node, pictureName));
    yield ["nodes", { conversation: id, id: node.id, parent: node.parent, text, order }];
  }
}

/** @param {unknown} value @param {string} other where it is no text */
const textOr = (value, other) => (typeof value === "string" ? value : other);
