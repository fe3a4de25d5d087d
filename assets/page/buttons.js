// The buttons and choices in the server's HTML, which say their command in an attribute.

import { closest } from "./dom.js";
import { parseButton, parseChoice } from "./commands.js";

/**
 * @param {{
 *   commands: import("./commands.js").Commands,
 *   answering: import("./answering.js").Answering,
 *   sources: import("./transcript/sources.js").Sources,
 * }} page
 */
export function hearButtons({ commands, answering, sources }) {
  document.addEventListener("click", (event) => {
    const button = closest(event, "button.do");
    const isLate = closest(event, "#message .submit-button") && answering.isJustOver();
    if (!button && !isLate) return;
    event.preventDefault();
    event.stopPropagation();
    if (isLate || !(button instanceof HTMLButtonElement)) return;
    const command = parseButton(button.value);
    const entry = button.closest(".entry");
    if (!command) return;
    if (entry && command.name === "copy") sources.copy(Number(command.index), entry, button);
    else if (entry?.matches(".assistant") && command.name === "edit") sources.edit(Number(command.index), entry);
    else commands.carryOut(command);
  }, true);
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLSelectElement && field.matches("select.do"))) return;
    const command = parseChoice(field.name, field.value);
    if (command) commands.carryOut(command);
  });
}
