// What may keep this browser from keeping a conversation, and what a person is told of it.

/**
 * forbidden: the browser lets the page keep nothing. full: no room. newer: another tab has a newer version of the page.
 * blocked: another tab has an older one. unprepared: its stores could not be made. failed: anything else.
 * @typedef {"forbidden" | "full" | "newer" | "blocked" | "unprepared" | "failed"} Failure
 */

/** @type {Record<Failure | "tab" | "cleared" | "deleted" | "unsent", string>} */
export const SENTENCES = {
  forbidden:
    "This browser doesn't let this page save anything, so conversations are lost when you close or reload the tab. " +
    "Allow site data for this page, or export what you want to keep.",
  full:
    "This browser's storage is full, so new messages aren't saved. Delete conversations that you no longer need, or " +
    "free some disk space. Until then, export what you want to keep.",
  newer: "This page was updated in another tab. Reload this tab: until then, new messages aren't saved.",
  blocked:
    "An older version of this page is still open in another tab. Close or reload that tab: until then, conversations " +
    "aren't saved.",
  unprepared:
    "This browser's storage for this page couldn't be prepared, so conversations aren't saved. It is tried again with " +
    "the next message; to be safe, export what you want to keep.",
  failed:
    "The last message couldn't be saved in this browser. It is tried again with the next message; to be safe, export " +
    "the conversation.",
  tab:
    "This browser doesn't let this page remember which conversation a tab shows, so a reload begins a new chat. " +
    "Allow site data for this page to change that.",
  cleared:
    "This browser cleared the conversations that it had saved for this page. The open one has been saved again; " +
    "earlier ones can come back only from an export.",
  deleted:
    "This conversation was deleted elsewhere, so what is written here is not kept: export it, or begin a new chat.",
  unsent: "The conversation couldn't be sent to the server. Check your connection, and open it again.",
};

/** A conversation could not be kept, or not be read. */
export class StoreFailed extends Error {
  /** @param {Failure} failure @param {unknown} [cause] */
  constructor(failure, cause) {
    super(SENTENCES[failure], { cause });
    this.failure = failure;
  }
}

/**
 * What an error of the browser's means, where it comes from a use of the database.
 * @param {unknown} error
 */
export function failureOf(error) {
  if (error instanceof StoreFailed) return error;
  return new StoreFailed(isFull(error) ? "full" : "failed", error);
}

/**
 * The same, where the database could not be opened.
 * @param {unknown} error
 */
export function failureToOpen(error) {
  if (error instanceof StoreFailed) return error;
  const name = nameOf(error);
  /** @type {Record<string, Failure>} */
  const failures = { VersionError: "newer", QuotaExceededError: "full", AbortError: "unprepared" };
  return new StoreFailed(failures[name] ?? "forbidden", error);
}

/** @param {unknown} error */
export const isFull = (error) => nameOf(error) === "QuotaExceededError";

/** @param {unknown} error */
const nameOf = (error) => (error instanceof Error ? error.name : "");
