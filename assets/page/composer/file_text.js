// The text of a file in the box, in a dialog: what is changed in it is the file from then on, until it is sent.

import texts from "../texts.js";
import { element } from "../dom.js";
import { closeTopmost, lay } from "../layout/dialogs.js";
import { notice } from "./notices.js";

/** @typedef {{ mark: string, name: string, text: string }} FileText its name in the strip, and the person's for it */

/**
 * @param {import("../commands.js").Commands} commands
 * @param {(file: File) => Promise<{ path: string }>} upload
 * @returns {(file: FileText) => void} opens one
 */
export function editsFiles(commands, upload) {
  return ({ mark, name, text }) => {
    const dialog = element("div", { className: "dialog file-text open" }, { role: "dialog", "aria-label": name });
    const field = element("textarea", { value: text, spellcheck: false, dir: "auto" }, { "aria-label": texts.documents.text });
    const save = element("button", { type: "button", className: "primary", textContent: texts.documents.save });
    const close = element("button", { type: "button", className: "do", textContent: texts.composer.close }, { "data-close": "" });
    const row = element("div", { className: "row" });
    row.append(close, save);
    dialog.append(element("h2", { textContent: name }), field, row);
    document.body.append(dialog);
    save.addEventListener("click", async () => {
      save.disabled = true;
      if (field.value !== text && !(await replace(mark, name, field.value))) return void (save.disabled = false);
      closeTopmost();
    });
    lay(dialog, () => dialog.remove());
    field.setSelectionRange(0, 0);
    field.scrollTop = 0;
  };

  /** Whether it could be. @param {string} mark @param {string} name @param {string} text */
  async function replace(mark, name, text) {
    try {
      const { path } = await upload(new File([text], name, { type: "text/plain" }));
      commands.replaceFile(mark, path);
      return true;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      notice(texts.composer.upload_failed.replace("{name}", () => name));
      return false;
    }
  }
}
