// The prompt of an answer, or how sure the model was of it, beside the conversation: it takes the focus when it comes, and
// gives it back when it goes. On a phone it is a sheet over the page.

import { find } from "../dom.js";
import { lay, lift } from "../layout/dialogs.js";
import { watchSureness } from "./sureness.js";
import { watchTokens } from "./tokens.js";

const NARROW = "(max-width: 768px)"; // as assets/styles/inspector.css has it

/** From now on. @param {import("../commands.js").Commands} commands */
export function watchInspector(commands) {
  /** @type {HTMLElement | null} */
  let shown = null;
  /** @type {Element | null} */
  let before = null;
  addEventListener("inspector", () => {
    const view = find("#inspector .inspector", HTMLElement);
    const wasLaid = shown !== null && lift(shown);
    if (view && !shown?.contains(document.activeElement)) before = document.activeElement;
    if (!view && !wasLaid && before instanceof HTMLElement) before.focus({ preventScroll: true });
    shown = view;
    if (!view) return;
    if (view.matches(".sureness")) watchSureness(view);
    else watchTokens(view);
    if (matchMedia(NARROW).matches) lay(view, () => view.isConnected && commands.closeInspector());
    const title = view.querySelector("h2");
    if (title instanceof HTMLElement) title.focus();
  });
}
