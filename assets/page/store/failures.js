// What may keep this browser from keeping a conversation, and what a person is told of it.

import texts from "../texts.js";

/**
 * forbidden: the browser lets the page keep nothing. full: no room. newer: another tab has a newer version of the page.
 * blocked: another tab has an older one. unprepared: its stores could not be made. failed: anything else.
 * @typedef {"forbidden" | "full" | "newer" | "blocked" | "unprepared" | "failed"} Failure
 */

/** @type {Record<Failure | "tab" | "cleared" | "deleted" | "unsent", string>} */
export const SENTENCES = texts.saving;

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
