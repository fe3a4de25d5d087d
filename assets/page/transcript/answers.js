// The buttons within an answer's text: copy code, copy a table, preview a page, show what is long formatted.

import { writeClipboard } from "../devices/clipboard.js";
import { closest } from "../dom.js";
import texts from "../texts.js";
import { asCsv } from "./csv.js";
import { openPreview } from "./preview.js";

/** From now on. @param {import("../commands.js").Commands} commands */
export function hearAnswers(commands) {
  document.addEventListener("click", (event) => {
    const button = closest(event, ".entry figure > * > button, .entry figure > button, .show-formatted");
    const figure = button?.closest("figure");
    if (!(button instanceof HTMLButtonElement)) return;
    const code = figure?.querySelector("code")?.textContent ?? "";
    if (button.matches(".copy-code")) copy(code, button);
    else if (button.matches(".copy-table") && figure) copy(asCsv(figure), button);
    else if (button.matches(".preview-code")) openPreview(code);
    else if (button.matches(".show-formatted")) ask(commands, button);
  });
}

/** @param {string} text @param {HTMLButtonElement} button */
function copy(text, button) {
  writeClipboard(text);
  const said = button.textContent;
  if (said === texts.answer.copied) return;
  button.textContent = texts.answer.copied;
  setTimeout(() => (button.textContent = said), 1500);
}

/** @param {import("../commands.js").Commands} commands @param {HTMLButtonElement} button */
function ask(commands, button) {
  const entry = button.closest(".entry");
  if (!(entry instanceof HTMLElement) || !entry.dataset.key) return;
  commands.format(entry.dataset.key);
  button.disabled = true;
  setTimeout(() => (button.disabled = false), 5000); // where the server refused
}
