// A conversation as a document, the form in which it is opened, exported and imported: mistral-chat/2, and /1. Pure.

import { moment } from "./saves.js";

/**
 * @typedef {import("./saves.js").Save} Save
 * @typedef {import("./saves.js").TreeNode} TreeNode
 * @typedef {Record<string, unknown>} Values
 */

const FORMAT = "mistral-chat/2";
const ID = /^[0-9A-Za-z_-]{1,64}$/;
const PANEL = ["model", "revision", "versions", "prompt", "settings", "tools", "example", "keep"];

/**
 * The document of a conversation. None of its nodes comes before its parent; one whose parent is lost begins a branch
 * of its own, and of what an answer came from nothing is said where a part of that is lost.
 * @param {Save} kept
 */
export function documentOf(kept) {
  const nodes = inOrder(kept.nodes).map((node) => {
    const isKnown = !node.asked?.setup || node.asked.setup in kept.setups;
    return isKnown ? node : { ...node, asked: null };
  });
  const leaf = nodes.some((node) => node.id === kept.leaf) ? kept.leaf : (nodes.at(-1)?.id ?? null);
  const { id, title, titled, updated, panel, setups } = kept;
  return { ...panel, format: FORMAT, id, title, titled, updated, leaf, nodes, setups };
}

/** @param {readonly TreeNode[]} nodes */
function inOrder(nodes) {
  const known = new Set(nodes.map((node) => node.id));
  const placed = new Set();
  /** @type {TreeNode[]} */
  const ordered = [];
  const isBegun = (/** @type {TreeNode} */ { parent }) => parent === null || known.has(parent);
  let waiting = nodes.map((node) => (isBegun(node) ? node : { ...node, parent: null }));
  while (waiting.length) {
    const before = ordered.length;
    waiting = waiting.filter((node) => {
      if (node.parent !== null && !placed.has(node.parent)) return true;
      placed.add(node.id);
      ordered.push(node);
      return false;
    });
    if (ordered.length > before) continue;
    const [first, ...others] = waiting; // a circle: no server sends one
    waiting = first ? [{ ...first, parent: null }, ...others] : [];
  }
  return ordered;
}

/**
 * The conversation in a document of either format, or null where it is none.
 * @param {unknown} value
 * @param {() => string} newId
 * @returns {Save | null}
 */
export function readDocument(value, newId) {
  if (!isObject(value)) return null;
  const isFirst = value.format === "mistral-chat/1";
  if (!isFirst && value.format !== FORMAT) return null;
  const read = isFirst ? firstNodes(value, newId) : secondNodes(value);
  if (!read || !read.nodes.length || !read.nodes.every(isWellMade)) return null;
  const id = !isFirst && typeof value.id === "string" && ID.test(value.id) ? value.id : newId();
  const title = textAt(value, "title"), updated = timeAt(value, "updated");
  const titled = title ? timeAt(value, "titled") || updated : "";
  const panel = Object.fromEntries(PANEL.filter((name) => name in value).map((name) => [name, value[name]]));
  const name = title || nameOf(read.nodes);
  return { id, name, title, titled, updated, panel, ...read, growing: null, whole: true };
}

/**
 * The nodes of a document of the first format: their places are their names, and each says in full what it came from.
 * @param {Values} document
 * @param {() => string} newId
 */
export function firstNodes(document, newId) {
  const history = isObject(document.history) ? document.history : {};
  const given = /** @type {unknown[]} */ (Array.isArray(history.nodes) ? history.nodes : []);
  const ids = given.map(newId);
  /** @type {Record<string, unknown>} */
  const setups = {};
  /** @type {Map<string, string>} */
  const named = new Map();
  const nodes = given.map((node, at) => {
    const { parent, message, asked } = isObject(node) ? node : {};
    const place = typeof parent === "number" && parent < at ? (ids[parent] ?? null) : null;
    return { id: ids[at] ?? "", parent: place, message: /** @type {any} */ (message), asked: askedOf(asked) };
  });
  const leaf = typeof history.leaf === "number" ? (ids[history.leaf] ?? null) : null;
  return { nodes, setups, leaf: leaf ?? ids.at(-1) ?? null };

  /** @param {unknown} asked */
  function askedOf(asked) {
    if (!isObject(asked)) return null;
    const { system_prompt = "", tools = [] } = asked;
    const text = JSON.stringify({ system_prompt, tools });
    const setup = named.get(text) ?? newId();
    named.set(text, setup);
    setups[setup] = { system_prompt, tools };
    return { ...without(asked, ["system_prompt", "tools", "messages"]), setup };
  }
}

/** @param {Values} document */
function secondNodes({ nodes, setups, leaf }) {
  if (!Array.isArray(nodes)) return null;
  const known = new Set();
  for (const node of nodes) {
    if (!isObject(node) || typeof node.id !== "string" || !ID.test(node.id) || known.has(node.id)) return null;
    if (node.parent !== null && !known.has(node.parent)) return null;
    known.add(node.id);
  }
  /** @type {TreeNode[]} */
  const read = nodes.map(({ id, parent, message, asked = null }) => ({ id, parent, message, asked }));
  const end = typeof leaf === "string" && known.has(leaf) ? leaf : (read.at(-1)?.id ?? null);
  return { nodes: read, setups: isObject(setups) ? setups : {}, leaf: end };
}

/** @param {TreeNode} node */
const isWellMade = ({ message, asked }) => isObject(message) && (asked === null || isObject(asked));

/**
 * What a list shows where nobody gave a title: the beginning of the first message.
 * @param {readonly TreeNode[]} nodes
 */
export function nameOf(nodes) {
  const asked = nodes.map((node) => /** @type {any} */ (node.message)).filter((message) => !message.example);
  const parts = asked.map((message) => message.parts).find(Array.isArray) ?? [];
  const words = parts.map((/** @type {any} */ part) => part?.text ?? (part?.mark ? `[${part.mark}]` : ""));
  const text = words.join(" ").trim().replace(/\s+/g, " ");
  const file = parts.find((/** @type {any} */ part) => typeof part?.content === "string" && part.name);
  const name = text || file?.name || (parts.length ? "Pictures" : "New chat");
  return name.length > 60 ? `${name.slice(0, 59)}…` : name;
}

/** @param {Values} values @param {string} name */
const textAt = (values, name) => (typeof values[name] === "string" ? values[name] : "");

/** @param {Values} values @param {string} name */
const timeAt = (values, name) => (moment(textAt(values, name)) ? textAt(values, name) : "");

/** @param {Values} values @param {readonly string[]} names */
export const without = (values, names) =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));

/** @param {unknown} value @returns {value is Values} */
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** An id that no other conversation or node has: 16 characters of [0-9a-f]. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
