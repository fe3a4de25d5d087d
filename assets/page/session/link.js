// A link that brings a question fills the page in once: a reload goes on with what has come of it.

import { messageBox } from "../dom.js";

const PATIENCE = 30_000; // milliseconds for the server to fill it in

/** Takes the link's values out of the page's address when they are in the page. */
export function forgetLink() {
  if (!new URLSearchParams(location.search).has("q")) return;
  const begun = performance.now();
  const waiting = setInterval(() => {
    if (!messageBox()?.value && performance.now() - begun < PATIENCE) return;
    clearInterval(waiting);
    history.replaceState(history.state, "", location.pathname + location.hash);
  }, 200);
}
