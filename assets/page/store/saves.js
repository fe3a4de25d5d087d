// What is kept of a conversation, as the server sends it and as two such parts of it join to one. Pure.

import { picturesOf } from "./pictures.js";

/**
 * A message of a conversation, and the id of the one before it. `asked` is what an answer came from.
 * @typedef {{ id: string, parent: string | null, message: Message, asked: Asked | null }} TreeNode
 * @typedef {{ parts?: unknown, text?: unknown, thought?: string, result?: unknown }} Message
 * @typedef {{ setup?: string } & Record<string, unknown>} Asked
 */

/**
 * A conversation or a part of it. `name` is what the list shows; `title` was given by a person at the time `titled`, or
 * both are empty. Of `growing`, a node that is still being written, more will come. `whole`: no node is left out.
 * `isImport`: it comes from a file, so it is kept also where the conversation was deleted.
 * @typedef {object} Save
 * @property {string} id
 * @property {string} name
 * @property {string} title
 * @property {string} titled
 * @property {string} updated when this was so: the branch shown, the panel
 * @property {string | null} leaf the end of the branch that is shown
 * @property {Record<string, unknown>} panel
 * @property {TreeNode[]} nodes each after its parent
 * @property {Record<string, unknown>} setups system prompts and tools, by the name that an `asked` has for them
 * @property {string | null} growing
 * @property {boolean} whole
 * @property {boolean} [isImport]
 */

const WORDS = 20_000; // characters of a conversation that a search looks through
const OF_FILE = 4_000; // and of a file in it, after which there is more to be found

/**
 * A moment as a number, so that two ways of writing it compare; 0 where none is given.
 * @param {string | undefined} time
 */
export const moment = (time) => Date.parse(time || "") || 0;

/** Now, as the server writes it. */
export const now = () => written(Date.now());

/** @param {number} time */
const written = (time) => new Date(time).toISOString().replace("Z", "+00:00");

/**
 * The time of a title that is given now: later than the one before it, whichever clock that was from.
 * @param {string} before
 */
export const titledAfter = (before) => written(Math.max(Date.now(), moment(before) + 1));

/**
 * The fields of a conversation of which the later one stands: the title, and what was shown.
 * @template {{ name: string, title: string, titled: string, updated: string, leaf: string | null }} Fields
 * @param {Fields} before
 * @param {Pick<Save, "name" | "title" | "titled" | "updated" | "leaf">} after
 * @returns {Fields}
 */
export function laterFields(before, after) {
  const shown = moment(after.updated) >= moment(before.updated) ? after : before;
  const called = moment(after.titled) > moment(before.titled) ? after : before;
  const { title, titled } = called;
  return { ...before, title, titled, name: title || shown.name, updated: shown.updated, leaf: shown.leaf };
}

/**
 * Whether a node takes the place of what was kept of it, where either still grows or all of it is kept: one that was
 * overtaken on its way, or comes from a tab that saw less of it, is shorter.
 * @param {string} text what it is now
 * @param {string} before
 */
export const replaces = (text, before) => text.length > before.length;

/**
 * What two parts of one conversation hold together.
 * @param {Save} before
 * @param {Save} after
 * @returns {Save}
 */
export function joined(before, after) {
  const nodes = new Map(before.nodes.map((node) => [node.id, node]));
  for (const node of after.nodes) {
    const known = nodes.get(node.id);
    const isEnd = node.id === before.growing && node.id !== after.growing;
    if (!known || isEnd || replaces(textOf(node), textOf(known))) nodes.set(node.id, node);
  }
  const isLater = moment(after.updated) >= moment(before.updated);
  return {
    ...laterFields(before, after),
    panel: isLater ? after.panel : before.panel,
    nodes: [...nodes.values()],
    setups: { ...before.setups, ...after.setups },
    growing: growingOf(before, after),
    whole: before.whole || after.whole,
    isImport: before.isImport || after.isImport,
  };
}

/** One that is done in either part grows no more. @param {Save} before @param {Save} after */
function growingOf(before, after) {
  const isDone = (/** @type {string} */ id) =>
    [before, after].some((part) => part.growing !== id && part.nodes.some((node) => node.id === id));
  return [after.growing, before.growing].find((id) => id !== null && !isDone(id)) ?? null;
}

/**
 * What is kept of a node beside where it stands.
 * @param {Pick<TreeNode, "message" | "asked">} node
 */
export const textOf = ({ message, asked }) => JSON.stringify({ message, asked });

/**
 * What a search finds a message by, in lower case.
 * @param {Message} message
 */
export function wordsOf(message) {
  const { parts: said, text, thought } = message;
  const parts = Array.isArray(said) ? said.flatMap(wordsOfPart) : [text, ...(thought ? [thought.slice(0, OF_FILE)] : [])];
  return parts.filter((text) => typeof text === "string").join(" ").toLowerCase();
}

/** Those of a text, or of a file, whose name is found too. @param {any} part */
const wordsOfPart = (part) =>
  typeof part?.content === "string" ? [part.name, part.content.slice(0, OF_FILE)] : [part?.text];

/**
 * The words with those of more messages, as far as a search looks.
 * @param {string} words
 * @param {readonly TreeNode[]} nodes
 */
export const withWords = (words, nodes) =>
  nodes.reduce((text, { message }) => {
    const more = text.length < WORDS ? wordsOf(message) : "";
    return more ? `${text}${text && " "}${more}`.slice(0, WORDS) : text;
  }, words);

export const areFull = (/** @type {number} */ length) => length >= WORDS;

/**
 * The paths of all pictures that these nodes name, each once.
 * @param {readonly TreeNode[]} nodes
 */
export const picturePaths = (nodes) =>
  [...new Set(nodes.flatMap((node) => picturesOf(node.message).map((picture) => picture.path)))];
