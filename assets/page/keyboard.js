// The keys of the page.

import { isEditing } from "./composer.js";
import { closeDialog, openDialog } from "./layout/dialogs.js";
import { closest, find, isThere, messageBox } from "./dom.js";
import { uncover } from "./layout/sidebars.js";
import { closeComparison, isComparing } from "./views/compare.js";

/**
 * What a key means, or null where it means nothing of the page's. Pure.
 * @param {{ key: string, code: string, altKey: boolean, isComposing?: boolean, keyCode?: number }} pressed
 * @param {{ isTyping: boolean, isEmptyBox: boolean }} where in a field, and in the box while nothing is written there
 * @returns {"leave" | "edit last" | "new chat" | "retry" | "write" | "shortcuts" | null}
 */
export function meaning({ key, code, altKey, isComposing, keyCode }, { isTyping, isEmptyBox }) {
  if (isComposing || keyCode === 229) return null; // the key is an input method's
  if (key === "Escape") return "leave";
  if (key === "ArrowUp" && isEmptyBox) return "edit last";
  if (altKey && code === "KeyN") return "new chat";
  if (altKey && code === "KeyR") return "retry";
  if (key === "/" && !isTyping) return "write";
  if (key === "?" && !isTyping) return "shortcuts";
  return null;
}

/** @param {import("./commands.js").Commands} commands */
export function hearKeys(commands) {
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const box = messageBox();
    const isTyping = target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
    const meant = meaning(event, { isTyping, isEmptyBox: box !== null && target === box && !box.value });
    if (meant === null) return;
    if (meant === "leave") return leave(event, commands);
    event.preventDefault();
    if (meant === "edit last") commands.editLast();
    else if (meant === "new chat") find("#clear", HTMLElement)?.click();
    else if (meant === "retry") find("#retry", HTMLElement)?.click();
    else if (meant === "shortcuts") openDialog("shortcuts");
    else box?.focus();
  }, true);
}

/**
 * Leaves what covers the page, the topmost first, else a comparison, else an edit; else an answer that is under way is stopped.
 * @param {KeyboardEvent} event
 * @param {import("./commands.js").Commands} commands
 */
function leave(event, commands) {
  if (closeDialog()) return;
  if (isThere(".inspector")) return commands.closeInspector(); // it lies over the sidebars
  if (!closest(event, ".sidebar :is(input, textarea)") && uncover()) return;
  if (isComparing() && !isThere("#answering")) closeComparison();
  else if (isEditing()) commands.cancelEdit();
  else find("#message .stop-button", HTMLElement)?.click();
}
