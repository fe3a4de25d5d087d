// Where a sidebar covers the whole page it closes, so that what it led to is seen.

import { closest, findAll } from "./dom.js";

const NARROW = "(max-width: 768px)"; // as Gradio has it

/** Closes the sidebars that cover the page. Whether one was open. */
export function uncover() {
  if (!matchMedia(NARROW).matches) return false;
  const open = findAll(".sidebar.open > .toggle-button");
  for (const toggle of open) if (toggle instanceof HTMLElement) toggle.click();
  return open.length > 0;
}

export function uncoverAfterChoice() {
  document.addEventListener("click", (event) => {
    if (closest(event, "#new-chat, #compare-start")) uncover();
  });
}
