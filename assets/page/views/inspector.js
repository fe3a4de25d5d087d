// The prompt of an answer, beside the conversation: it takes the focus when it comes, and gives it back when it goes.

import { find } from "../dom.js";
import { watchTokens } from "./tokens.js";

/** From now on. */
export function watchInspector() {
  document.addEventListener("click", ({ target }) => { // above the sheet that it is in a narrow window
    if (target instanceof HTMLElement && target.id === "inspector")
      find("#inspector .inspector [value=close]", HTMLElement)?.click();
  });
  /** @type {Element | null} */
  let before = null;
  addEventListener("inspector", () => {
    const view = find("#inspector .inspector", HTMLElement);
    if (!view) {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
      return;
    }
    if (!find("#inspector", HTMLElement)?.contains(document.activeElement)) before = document.activeElement;
    watchTokens(view);
    const title = view.querySelector("h2");
    if (title instanceof HTMLElement) title.focus();
  });
}
