// The buttons in the server's HTML, which say their command in an attribute.

import { closest, messageBox } from "./dom.js";
import { parseButton } from "./commands.js";
import { toast } from "./layout/toast.js";
import texts from "./texts.js";

const KEPT = "#strip :is(.page, .controls, .card)"; // what is there after it was pressed

/**
 * @param {{
 *   commands: import("./commands.js").Commands,
 *   sources: import("./transcript/sources.js").Sources,
 *   examples: import("./history/examples.js").Examples,
 *   code: import("./views/code.js").CodeDialog,
 * }} page
 */
export function hearButtons({ commands, sources, examples, code }) {
  document.addEventListener("click", (event) => {
    const button = closest(event, "button.do");
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    event.stopPropagation();
    const command = parseButton(button.value);
    const entry = button.closest(".entry");
    if (!command) return;
    if (entry && command.name === "copy") sources.copy(Number(command.index), entry, button);
    else if (entry?.matches(".assistant") && command.name === "edit") sources.edit(Number(command.index), entry);
    else if (command.name === "example") examples.keep(Number(command.index));
    else if (command.name === "code") setTimeout(() => code.open(command.index ?? "")); // once the menu's button has the focus
    else if (command.name === "forget") void examples.forget(command.index ?? "");
    else commands.carryOut(command);
    if (command.name === "off" && command.index) offerBack(command.index, commands);
    button.closest(".chip")?.classList.add("going"); // until the server has taken it off
    const menu = button.closest("[popover]");
    if (menu instanceof HTMLElement) menu.hidePopover();
    if (!event.detail && button.closest("#composer") && !button.closest(KEPT)) messageBox()?.focus(); // by key: it goes
  }, true);
}

/**
 * What was taken off beside the box can be had back.
 * @param {string} what
 * @param {import("./commands.js").Commands} commands
 */
function offerBack(what, commands) {
  const { took_off_tools: tools, took_off_json: json, took_off_examples: examples, took_off_context } = texts.composer;
  const told = { tools, json, examples }[what] ?? took_off_context;
  toast(told, { label: texts.composer.undo, act: () => commands.putBack(what) });
}
