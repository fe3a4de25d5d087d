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
  return (file) => open(file, file.text);

  /** @param {FileText} file @param {string} written what its text is to be */
  function open(file, written) {
    const dialog = element("div", { className: "dialog file-text open" }, { role: "dialog", "aria-label": file.name });
    const field = element("textarea", { value: written, spellcheck: false, dir: "auto" }, { "aria-label": texts.documents.text });
    const done = element("button", { type: "button", className: "primary", textContent: texts.documents.done });
    done.addEventListener("click", () => closeTopmost());
    dialog.append(element("h2", { textContent: file.name }), field, done);
    document.body.append(dialog);
    lay(dialog, () => {
      dialog.remove();
      if (field.value !== file.text) keep(file, field.value);
    });
    field.setSelectionRange(0, 0);
    field.scrollTop = 0;
  }

  /** However the dialog was closed; where that cannot be, it is there again with what was written. @param {FileText} file @param {string} written */
  async function keep(file, written) {
    if (!written.trim()) return commands.carryOut({ name: "remove", index: file.mark });
    try {
      const { path } = await upload(new File([written], file.name, { type: "text/plain" }));
      commands.replaceFile(file.mark, path);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      notice(texts.composer.upload_failed.replace("{name}", () => file.name));
      open(file, written);
    }
  }
}
