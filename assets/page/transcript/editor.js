// An answer in a large box, in its own place, to be written anew.

import { element, isInputMethods } from "../dom.js";
import texts from "../texts.js";

export class Editor {
  /**
   * @param {Element} entry
   * @param {string} text what stands there
   * @param {(text: string) => void} save is called with what is to stand there
   */
  constructor(entry, text, save) {
    this.text = text;
    this.save = save;
    this.entry = entry;
    this.field = element("textarea", { value: text, dir: "auto" }, { "aria-label": texts.transcript.edit_answer });
    this.form = element("form", { className: "editor" });
    const cancel = element("button", { type: "button", textContent: texts.transcript.cancel });
    this.form.append(this.field, cancel, element("button", { type: "submit", textContent: texts.transcript.save }));
    cancel.addEventListener("click", () => this.close());
    this.heard = (/** @type {KeyboardEvent} */ event) => this.pressed(event);
    addEventListener("keydown", this.heard, true); // before the page's own keys
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    entry.append(this.form);
    this.field.focus();
    this.field.setSelectionRange(0, 0);
    this.field.scrollTop = 0;
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (!this.form.isConnected) return removeEventListener("keydown", this.heard, true);
    if (!(event.target instanceof Node && this.form.contains(event.target))) return;
    if (isInputMethods(event)) return;
    const isSave = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (event.key !== "Escape" && !isSave) return;
    event.stopPropagation();
    event.preventDefault();
    if (isSave) this.submit();
    else this.close();
  }

  submit() {
    if (this.field.value === this.text) return this.close();
    this.save(this.field.value); // the answer that comes of it stands in the place of this
  }

  close() {
    this.form.remove();
    const menu = this.entry.querySelector(".actions summary");
    if (menu instanceof HTMLElement) menu.focus();
  }
}
