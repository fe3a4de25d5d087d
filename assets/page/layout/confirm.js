// A question before something that cannot be undone.

import { element } from "../dom.js";

/**
 * Whether the person agrees.
 * @param {string} question
 * @param {string} agreement what the button says that does it
 * @returns {Promise<boolean>}
 */
export function confirmed(question, agreement) {
  const dialog = element("dialog", { className: "confirm" }, { "aria-label": question });
  const form = element("form", { method: "dialog" });
  form.append(
    element("p", { textContent: question }),
    element("button", { value: "", textContent: "Cancel" }),
    element("button", { value: "yes", textContent: agreement, className: "sure" }),
  );
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
