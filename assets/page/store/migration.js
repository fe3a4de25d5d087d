// The stores of the database, and how one of version 1 becomes one of version 2: within the upgrade, all or nothing.

import { firstNodes, isObject, randomId, without } from "./documents.js";
import { pictureName, pictureNames, withPaths } from "./pictures.js";
import { textOf } from "./saves.js";

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
      if (!moveDocument(transaction, cursor.value)) left += 1;
      cursor.continue();
    } else if (!left) database.deleteObjectStore("documents"); // else those that could not be read stay in it
  };
}

/**
 * @param {IDBTransaction} transaction
 * @param {FirstEntry} entry
 * @returns {boolean} whether it could be read
 */
function moveDocument(transaction, entry) {
  const body = bodyOf(entry);
  if (!body) return false;
  const { nodes, setups, leaf } = firstNodes(body, randomId);
  if (!nodes.every((node) => isObject(node.message))) return false;
  const panel = without(body, ["format", "id", "title", "updated", "history"]);
  const title = entry.named ? entry.title : typeof body.title === "string" ? body.title : "";
  const { id, updated, words } = entry;
  const store = (/** @type {string} */ name) => transaction.objectStore(name);
  const row = { id, name: title || entry.title, title, titled: title && updated, updated, leaf, panelAt: updated };
  store("conversations").put({ ...row, count: nodes.length, searched: words.length });
  store("panels").put({ id, panel: JSON.stringify(panel) });
  store("words").put({ id, text: words });
  for (const [setup, value] of Object.entries(setups))
    store("setups").put({ conversation: id, name: setup, setup: JSON.stringify(value) });
  nodes.forEach((node, order) => {
    for (const picture of pictureNames(node.message)) store("uses").put({ conversation: id, node: node.id, picture });
    const text = textOf(withPaths(node, pictureName));
    store("nodes").put({ conversation: id, id: node.id, parent: node.parent, text, done: true, order });
  });
  return true;
}

/** @param {FirstEntry} entry */
function bodyOf(entry) {
  try {
    const body = JSON.parse(entry.body);
    return isObject(body) && isObject(body.history) ? body : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
