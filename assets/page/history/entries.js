// The entries of the list of conversations: which are shown, and in which order. Pure.

import { isExample } from "./examples.js";
import { moment } from "../store/saves.js";
import texts from "../texts.js";

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
    .filter(({ id, title }) => !isExample(id) && (!text || title.toLowerCase().includes(text) || isFound(id, text)))
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
  if (!isRead) return texts.chats.loading;
  return wanted ? texts.chats.unmatched.replace("{wanted}", () => wanted) : texts.chats.none;
}

const DAY = 86_400_000; // milliseconds

/**
 * Under which heading an entry stands, by the days of the calendar here.
 * @param {Entry} entry
 * @param {Date} now
 */
export function heading({ updated }, now) {
  const at = new Date(moment(updated));
  const days = Math.round((midnight(now) - midnight(at)) / DAY); // a day may have 23 hours, or 25
  if (days <= 0) return texts.chats.today;
  if (days === 1) return texts.chats.yesterday;
  if (days < 7) return texts.chats.week;
  const isThisYear = at.getFullYear() === now.getFullYear();
  return at.toLocaleDateString("en", isThisYear ? { month: "long" } : { month: "long", year: "numeric" });
}

/** @param {Date} at */
const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
