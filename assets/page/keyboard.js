// The keys of the page.

import { isEditing } from "./composer/box.js";
import { closeTopmost } from "./layout/dialogs.js";
import { beginChat } from "./layout/header.js";
import { showKeys } from "./layout/keys.js";
import { closest, find, isInputMethods, isThere, messageBox } from "./dom.js";
import { leaveBatch } from "./views/batch.js";
import { leaveComparison } from "./views/compare.js";

/**
 * What a key means, or null where it means nothing of the page's. Pure.
 * @param {{ key: string, code: string, altKey: boolean, ctrlKey?: boolean, isComposing?: boolean, keyCode?: number,
 *   getModifierState?: (name: string) => boolean }} pressed
 * @param {{ isTyping: boolean, isEmptyBox: boolean }} where in a field, and in the box while nothing is written there
 * @returns {"leave" | "edit last" | "new chat" | "retry" | "write" | "shortcuts" | null}
 */
export function meaning(pressed, { isTyping, isEmptyBox }) {
  const { key, code, altKey, ctrlKey } = pressed;
  if (isInputMethods(pressed)) return null;
  if (key === "Escape") return "leave";
  if (key === "ArrowUp" && isEmptyBox) return "edit last";
  const isAlt = altKey && !ctrlKey && !pressed.getModifierState?.("AltGraph"); // which writes letters, as the Polish ń
  if (isAlt && code === "KeyN") return "new chat";
  if (isAlt && code === "KeyR") return "retry";
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
    else if (meant === "new chat") beginChat();
    else if (meant === "retry") find("#retry", HTMLElement)?.click();
    else if (meant === "shortcuts") showKeys();
    else box?.focus();
  }, true);
}

/**
 * Leaves what lies on top, else the inspector, else a batch or a comparison, else an edit; else an answer that is under way is
 * stopped. A field that means something by the key itself is left to it.
 * @param {KeyboardEvent} event
 * @param {import("./commands.js").Commands} commands
 */
function leave(event, commands) {
  if (isThere(":popover-open, .preview")) return; // which the browser closes
  const search = closest(event, "#shelf-search");
  if (search instanceof HTMLInputElement && search.value) return;
  if (closest(event, "#shelf-list input, input[aria-expanded=true]")) return;
  if (closeTopmost()) return;
  if (isThere(".inspector")) commands.closeInspector();
  else if (leaveBatch() || leaveComparison()) return;
  else if (isEditing()) commands.cancelEdit();
  else if (isThere("#answering")) find("#message .stop-button", HTMLElement)?.click();
}
