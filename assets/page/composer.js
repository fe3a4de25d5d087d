// The box in which messages are written: the end of an edit, and the focus after a stop.

import { closest, isThere, messageBox } from "./dom.js";

/** Whether what is sent next replaces an earlier message. */
export const isEditing = () => isThere("#strip .editing");

/** @param {import("./commands.js").Commands} commands */
export function watchComposer(commands) {
  const look = () => endEmptyEdit(commands);
  document.addEventListener("input", (event) => closest(event, "#shelf-search") || look());
  setInterval(look, 500); // pictures leave the box without an input
  document.addEventListener("click", (event) => {
    // Who stops by key would else be left nowhere, since the button goes.
    if (event.isTrusted && !event.detail && closest(event, "#message .stop-button")) messageBox()?.focus();
  });
}

/**
 * An edit whose box has been emptied is over: what is written next is a new message.
 * @param {import("./commands.js").Commands} commands
 */
function endEmptyEdit(commands) {
  if (isEditing() && !isThere("#strip li") && messageBox()?.value === "") commands.endEdit();
}
