// The buttons and choices in the server's HTML, which say their command in an attribute.

import { closest, isSaid } from "./dom.js";
import { parseButton, parseChoice } from "./commands.js";

/**
 * @param {{
 *   commands: import("./commands.js").Commands,
 *   answering: import("./answering.js").Answering,
 * }} page
 */
export function hearButtons({ commands, answering }) {
  document.addEventListener("click", (event) => {
    const button = closest(event, "button.do");
    const isLate = closest(event, "#message .submit-button") && answering.isJustOver();
    if (!button && !isLate) return;
    event.preventDefault();
    event.stopPropagation();
    if (isLate || !(button instanceof HTMLButtonElement)) return;
    const command = parseButton(button.value);
    if (command) commands.carryOut(command);
  }, true);
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLSelectElement && field.matches("select.do")) || isSaid(field)) return;
    const command = parseChoice(field.name, field.value);
    if (command) commands.carryOut(command);
  });
}
