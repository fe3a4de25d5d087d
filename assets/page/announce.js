// One polite announcement when an answer is done, never one at each token.

import { element } from "./dom.js";

/** Puts the place of announcements into the page; what it returns says a text, else that an answer is done. */
export function announcer() {
  const told = element("div", { className: "only-heard" }, { role: "status", "aria-live": "polite" });
  document.body.append(told);
  let answers = 0;
  return (text = "The answer is done.") => {
    answers += 1;
    document.body.dataset.answers = String(answers);
    told.textContent = `${text}${" ".repeat(answers % 2)}`; // a text that does not change is not read again
  };
}
