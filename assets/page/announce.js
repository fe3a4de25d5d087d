// One polite announcement when an answer has ended, never one at each token.

import { element } from "./dom.js";
import texts from "./texts.js";

/**
 * How an answer has ended, and of what: a tool's name, a question, or a sentence on what went wrong.
 * @typedef {{ how: "complete" | "stopped" | "failed" | "approval" | "result" | "answer", what: string }} Ending
 */

/** What is said of it. Pure. @param {Ending} ending */
export function announcement({ how, what }) {
  const said = texts.transcript;
  if (how === "failed") return what;
  if (how === "stopped") return said.is_stopped;
  if (how === "approval") return said.needs_approval.replace("{}", () => what);
  if (how === "answer") return said.needs_answer.replace("{}", () => what);
  return how === "result" ? said.needs_result.replace("{}", () => what) : said.is_done;
}

/** Puts the place of announcements into the page; what it returns announces that an answer has ended. */
export function announcer() {
  const told = element("div", { className: "only-heard" }, { role: "status", "aria-live": "polite" });
  document.body.append(told);
  let answers = 0;
  return (/** @type {Ending} */ ending) => {
    answers += 1;
    document.body.dataset.answers = String(answers);
    told.textContent = announcement(ending) + " ".repeat(answers % 2); // a text that does not change is not read again
  };
}
