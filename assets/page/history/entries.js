// The entries of the list of conversations: which are shown, and in which order. Pure.

/**
 * A conversation in the list. `words` is what is searched beside the title, `updated` a time as ISO 8601 has it.
 * @typedef {{ id: string, title: string, updated: string, words: string }} Entry
 */

/**
 * One that this browser keeps: `body` is the whole conversation as JSON, `named` says that a person gave the title.
 * @typedef {Entry & { body: string, named?: boolean }} KeptEntry
 */

/**
 * Those that hold what is wanted in title or words, the newest first.
 * @template {Entry} T
 * @param {readonly T[]} entries
 * @param {string} wanted
 * @returns {T[]}
 */
export function found(entries, wanted) {
  const text = wanted.toLowerCase();
  return entries
    .filter((entry) => !text || `${entry.title} ${entry.words}`.toLowerCase().includes(text))
    .sort((a, b) => (a.updated < b.updated ? 1 : -1));
}

/**
 * What stands where no entry does.
 * @param {number} count
 * @param {string} wanted
 */
export function emptyText(count, wanted) {
  if (count) return "";
  return wanted ? "Nothing found." : "Conversations will stand here.";
}

/**
 * What is kept of a conversation that was kept before: a title that a person gave it stays.
 * @param {KeptEntry} entry
 * @param {KeptEntry | undefined} before
 * @returns {KeptEntry}
 */
export function replacing(entry, before) {
  return before?.named ? { ...entry, title: before.title, named: true } : entry;
}

/**
 * @param {KeptEntry} entry
 * @param {string} title
 * @returns {KeptEntry}
 */
export function renamed(entry, title) {
  return { ...entry, title, body: JSON.stringify({ ...JSON.parse(entry.body), title }), named: true };
}
