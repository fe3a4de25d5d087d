// The box in which messages are written: the end of an edit, the focus after a stop, what is said of files it cannot take.

import { closest, findAll, isThere, messageBox } from "./dom.js";

const STATUS = /^HTTP \d{3}: /; // which Gradio's client writes before what the server says of an upload

/** Whether what is sent next replaces an earlier message. */
export const isEditing = () => isThere("#strip .editing");

/** @param {import("./commands.js").Commands} commands */
export function watchComposer(commands) {
  const look = () => {
    endEmptyEdit(commands);
    const isNothing = !messageBox()?.value.trim() && !isThere("#strip li");
    document.body.classList.toggle("nothing", isNothing);
  };
  document.addEventListener("input", (event) => closest(event, "#shelf-search") || look());
  setInterval(look, 500); // pictures leave the box without an input
  document.addEventListener("click", (event) => {
    // Who stops by key would else be left nowhere, since the button goes.
    if (event.isTrusted && !event.detail && closest(event, "#message .stop-button")) messageBox()?.focus();
  });
  new MutationObserver(tellPlainly).observe(document.body, { childList: true, subtree: true });
}

/**
 * An edit whose box has been emptied is over: what is written next is a new message.
 * @param {import("./commands.js").Commands} commands
 */
function endEmptyEdit(commands) {
  if (isEditing() && !isThere("#strip li") && messageBox()?.value === "") commands.endEdit();
}

/** Who chose files is told the server's sentence alone. */
function tellPlainly() {
  for (const toast of findAll("[data-testid=toast-text]"))
    for (const text of toast.childNodes)
      if (text instanceof Text && STATUS.test(text.data)) text.data = text.data.replace(STATUS, "");
}
