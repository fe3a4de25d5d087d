// The rows of a conversation's messages, one each, and which pictures they use.

import { result } from "./database.js";
import { pictureNames } from "./pictures.js";
import { replaces, textOf } from "./saves.js";

/**
 * A message as it is kept. `order` counts those of a conversation as they first came; one that still grows has its
 * conversation as `growing`, by which an index finds it.
 * @typedef {{ conversation: string, id: string, parent: string | null, text: string, growing?: string, order: number }}
 *   NodeRow
 * @typedef {import("./saves.js").TreeNode} TreeNode
 * @typedef {(name: string) => IDBObjectStore} Stores the stores of one transaction
 */

/** @param {NodeRow} row @returns {TreeNode} */
export const treeNode = ({ id, parent, text }) => ({ id, parent, ...JSON.parse(text) });

/**
 * @param {Stores} stores
 * @param {import("./saves.js").Save} save
 * @param {{ count: number }} row counts those that are new
 * @returns {Promise<[finished: TreeNode[], isLacking: boolean]>} those that were not done before, and now are
 */
export async function keepNodes(stores, save, row) {
  const known = new Set(save.nodes.map((node) => node.id));
  const parents = [...new Set(save.nodes.map((node) => node.parent))].filter((id) => id !== null && !known.has(id));
  const find = (/** @type {string | null} */ id) => result(stores("nodes").get([save.id, id ?? ""]));
  /** @type {[(NodeRow | undefined)[], (NodeRow | undefined)[]]} */
  const [before, above] = await Promise.all([
    Promise.all(save.nodes.map((node) => find(node.id))),
    Promise.all(parents.map(find)),
  ]);
  const finished = [];
  for (const [at, node] of save.nodes.entries()) {
    const kept = before[at], text = textOf(node), isGrowing = node.id === save.growing;
    const isDone = kept !== undefined && !kept.growing;
    if (!isGrowing && !isDone) finished.push(node);
    if (kept && (isDone || isGrowing) && !replaces(text, kept.text)) continue;
    const order = kept ? kept.order : row.count++;
    const growing = isGrowing && !isDone ? { growing: save.id } : {};
    stores("nodes").put({ conversation: save.id, id: node.id, parent: node.parent, text, order, ...growing });
    await keepUses(stores, save.id, node, kept);
  }
  return [finished, above.includes(undefined)];
}

/**
 * @param {Stores} stores
 * @param {string} conversation
 * @param {TreeNode} node
 * @param {NodeRow | undefined} before what was kept of it
 */
async function keepUses(stores, conversation, node, before) {
  const used = new Set(pictureNames(node.message));
  const earlier = before ? pictureNames(treeNode(before).message) : [];
  for (const picture of used) stores("uses").put({ conversation, node: node.id, picture });
  const dropped = earlier.filter((picture) => !used.has(picture));
  for (const picture of dropped) stores("uses").delete([conversation, node.id, picture]);
  await dropUnused(stores, dropped);
}

/**
 * Forgets those of the pictures that no node names any more.
 * @param {Stores} stores
 * @param {readonly string[]} names
 */
export async function dropUnused(stores, names) {
  const pictures = [...new Set(names)];
  const counts = await Promise.all(pictures.map((name) => result(stores("uses").index("picture").count(name))));
  for (const [at, name] of pictures.entries()) if (!counts[at]) stores("pictures").delete(name);
}
