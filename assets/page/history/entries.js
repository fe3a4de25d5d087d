// The entries of the list of conversations: which are shown, and in which order. Pure.

import { moment } from "../store/saves.js";

/**
 * A conversation in the list, with the time at which it last changed. `isHeld`: a part of it could not be kept.
 * @typedef {{ id: string, title: string, updated: string, isHeld?: boolean }} Entry
 */

/**
 * Those whose title holds what is wanted, or whose words do, the newest first.
 * @param {readonly Entry[]} entries
 * @param {string} wanted
 * @param {(id: string, text: string) => boolean} isFound whether the words of a conversation hold a text in lower case
 * @returns {Entry[]}
 */
export function found(entries, wanted, isFound) {
  const text = wanted.toLowerCase();
  return entries
    .filter(({ id, title }) => !text || title.toLowerCase().includes(text) || isFound(id, text))
    .map((entry) => ({ entry, at: moment(entry.updated) }))
    .sort((a, b) => b.at - a.at)
    .map(({ entry }) => entry);
}

/**
 * What stands where no entry does. It may take seconds until a first list is read, after an update of the page.
 * @param {number} count
 * @param {string} wanted
 * @param {boolean} isRead
 */
export function emptyText(count, wanted, isRead) {
  if (count) return "";
  if (!isRead) return "Loading your conversations…";
  return wanted ? "Nothing found." : "Conversations will stand here.";
}
