// What Gradio leaves unsaid, or says wrongly, to those who hear the page or use it by keys.

import { element, find, messageBox } from "./dom.js";
import texts from "./texts.js";

/** @type {[selector: string, attribute: string, value: string][]} */
const ATTRIBUTES = [
  ["#message textarea", "aria-label", texts.composer.message],
  ["#seed input", "inputmode", "numeric"],
];

/** Goes on for as long as the page is there, since Gradio makes its elements anew. */
export function keepAccessible() {
  addSkipLink();
  const setting = setInterval(() => areLandmarksSet() && clearInterval(setting), 50);
  setInterval(() => {
    for (const [selector, name, value] of ATTRIBUTES) find(selector, HTMLElement)?.setAttribute(name, value);
  }, 500);
}

function addSkipLink() {
  const skip = element("a", { className: "skip", href: "#message", textContent: texts.header.skip });
  skip.onclick = (event) => {
    event.preventDefault();
    messageBox()?.focus();
  };
  document.body.prepend(skip);
}

/**
 * Gradio has one landmark, with everything in it. The others stand beside it, in the order in which one reads.
 * @returns {boolean} whether all parts of the page are there
 */
function areLandmarksSet() {
  const all = find(".gradio-container main", HTMLElement);
  const [shelf, panel] = [find("#shelf", HTMLElement), find("#panel", HTMLElement)];
  if (!all || !shelf || !panel) return false;
  shelf.setAttribute("role", "navigation");
  shelf.setAttribute("aria-label", texts.chats.name);
  panel.setAttribute("role", "complementary");
  panel.setAttribute("aria-label", texts.header.settings);
  all.before(shelf);
  all.after(panel);
  return true;
}
