// A chat as code that asks for its answer: a dialog with a tab for each form of it.

import { element } from "../dom.js";
import { writeClipboard } from "../devices/clipboard.js";
import { ZipRefused, zipped } from "../history/zip_files.js";
import { lay } from "../layout/dialogs.js";
import { toast } from "../layout/toast.js";
import { download } from "../server_messages.js";
import texts from "../texts.js";

const SAID = texts.code;
/** @typedef {"curl" | "openai" | "transformers"} Form */
/** @type {Form[]} */
const FORMS = ["curl", "openai", "transformers"];
const STEPS = new Map([["ArrowRight", 1], ["ArrowLeft", -1]]);

/**
 * The code of an answer in one form: as HTML, and as it is; or what is wrong. `pictures` are files that it reads.
 * @typedef {object} Code
 * @property {string | number} index
 * @property {Form} form
 * @property {string} [problem]
 * @property {string} [html]
 * @property {string} [text]
 * @property {string} [name]
 * @property {string[]} [notes]
 * @property {string[]} [requirements]
 * @property {{ name: string, address: string }[]} [pictures]
 */

export class CodeDialog {
  /** @param {import("../commands.js").Commands} commands */
  constructor(commands) {
    this.commands = commands;
    this.index = "";
    /** @type {Form} */
    this.form = "curl"; // the one that was chosen last
    /** @type {Map<string, Code>} */
    this.told = new Map();
    /** @type {HTMLElement | null} */
    this.panel = null;
    /** @type {HTMLElement[]} */
    this.tabs = [];
  }

  /** From now on: the whole chat, by the page's header. */
  watch() {
    addEventListener("code-open", () => this.open("last"));
  }

  /** @param {string} index of an answer, or "last" */
  open(index) {
    if (this.panel) return;
    this.index = index;
    this.told.clear();
    const dialog = element("div", { className: "dialog code-dialog open" }, { role: "dialog", "aria-label": SAID.open });
    const close = element("button", { type: "button", title: texts.header.close }, { "data-close": "", "aria-label": texts.header.close });
    close.innerHTML = '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18"/></svg>';
    const head = element("div", { className: "dialog-head" });
    head.append(element("h2", { textContent: SAID.open }), close);
    const list = element("div", { className: "tabs" }, { role: "tablist", "aria-label": SAID.open });
    this.tabs = FORMS.map((form) => this.tab(form));
    list.append(...this.tabs);
    this.panel = element("div", { className: "code-panel", id: "code-panel" }, { role: "tabpanel" });
    dialog.append(head, element("p", { textContent: SAID.told }), list, this.panel);
    document.body.append(dialog);
    this.choose(this.form);
    lay(dialog, () => {
      dialog.remove();
      this.panel = null;
    });
    this.tabs[FORMS.indexOf(this.form)]?.focus();
  }

  /** @param {Form} form */
  tab(form) {
    const tab = element("button", { type: "button", id: `code-${form}`, textContent: SAID[form] }, { role: "tab", "aria-controls": "code-panel" });
    tab.addEventListener("click", () => this.choose(form));
    tab.addEventListener("keydown", (event) => {
      const step = STEPS.get(event.key);
      const next = step && FORMS.at((FORMS.indexOf(form) + step) % FORMS.length);
      if (!next) return;
      event.preventDefault();
      this.choose(next);
      this.tabs[FORMS.indexOf(next)]?.focus();
    });
    return tab;
  }

  /** @param {Form} form */
  choose(form) {
    this.form = form;
    FORMS.forEach((each, at) => {
      this.tabs[at]?.setAttribute("aria-selected", String(each === form));
      this.tabs[at]?.setAttribute("tabindex", each === form ? "0" : "-1");
    });
    this.panel?.setAttribute("aria-labelledby", `code-${form}`);
    const told = this.told.get(form);
    if (told) return this.show(told);
    this.panel?.replaceChildren(element("p", { textContent: SAID.loading }, { role: "status" }));
    this.commands.code(this.index, form, location.origin + new URL(".", document.baseURI).pathname);
  }

  /** What the server has made. @param {Code} told */
  take(told) {
    if (!this.panel || String(told.index) !== this.index) return;
    this.told.set(told.form, told);
    if (told.form === this.form) this.show(told);
  }

  /** @param {Code} told */
  show(told) {
    if (told.problem !== undefined) return this.panel?.replaceChildren(element("p", { textContent: told.problem }, { role: "alert" }));
    const code = element("div", { className: "code-shown", innerHTML: told.html ?? "" });
    code.querySelector("figcaption")?.remove(); // the dialog's own buttons copy all of it
    code.querySelector("pre")?.setAttribute("aria-label", SAID[told.form]);
    const notes = (told.notes ?? []).map((note) => element("p", { textContent: note }));
    const copy = element("button", { type: "button", className: "primary", textContent: SAID.copy });
    copy.addEventListener("click", () => {
      writeClipboard(told.text ?? "");
      toast(SAID.copied);
    });
    const hasPictures = (told.pictures ?? []).length > 0;
    const save = element("button", { type: "button", textContent: hasPictures ? SAID.download_zip : SAID.download });
    save.addEventListener("click", () => void this.save(told));
    const row = element("div", { className: "code-actions" });
    row.append(copy, save);
    this.panel?.replaceChildren(code, ...notes, row);
  }

  /** With pictures in a zip, with all that it needs. @param {Code} told */
  async save({ text = "", name = "", requirements = [], pictures = [] }) {
    if (pictures.length === 0) return download(name, new Blob([text], { type: "text/plain" }));
    try {
      download("chat-code.zip", await zipped(files()));
    } catch (error) {
      if (!(error instanceof ZipRefused || error instanceof TypeError)) throw error;
      toast(error instanceof ZipRefused ? error.message : SAID.image_gone);
    }

    /** @returns {AsyncGenerator<[string, string | Uint8Array]>} */
    async function* files() {
      yield [name, text];
      if (requirements.length > 0) yield ["requirements.txt", requirements.join("\n") + "\n"];
      for (const { name, address } of pictures) {
        const answer = await fetch(address);
        if (!answer.ok) throw new ZipRefused(SAID.image_gone);
        yield [name, new Uint8Array(await answer.arrayBuffer())];
      }
    }
  }
}
