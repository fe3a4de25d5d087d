// One prompt over many files, in the conversation's place (ui/components/views/batch.py). The server has the batch and draws its
// rows; this asks how it stands, and shows what has changed.

import { closest, element, find, messageBox } from "../dom.js";
import { makeRoom } from "../layout/sidebars.js";
import { download } from "../server_messages.js";
import texts from "../texts.js";
import { droppedFiles, fitting, picked, uploadAll } from "./batch_files.js";
import { chooseText, draw, note, tell } from "./batch_shown.js";

const STEP = 250; // milliseconds between two looks at what is to be done
const OPEN = 600; // between two questions while the batch runs and is seen
const ELSEWHERE = 5000; // and while it is not
const PATIENCE = 60_000; // that an answer is waited for
const isOpen = () => document.body.classList.contains("batching");

/**
 * What the server says: how the batch stands, and as HTML those rows that have changed.
 * @typedef {object} Told
 * @property {number} asked to which question
 * @property {string} page the secret name of the server's session
 * @property {string} key of the batch, "" where there is none
 * @property {number} version
 * @property {string} columns
 * @property {"empty" | "setup" | "running" | "paused" | "done"} state
 * @property {Record<string, string>} rows by their numbers
 * @property {string} head
 * @property {number} total
 * @property {number} done
 * @property {number} bad
 * @property {string} told why it stopped by itself
 * @property {string} score
 * @property {string} prompt
 * @property {string[]} [notices]
 * @property {{ name: string, type: string, text: string }} [download]
 * @property {boolean} [opened] a row is shown as a chat
 * @property {boolean} [failed] the question was refused, and a toast says why
 */

/** Leads back to the chat. Whether the view was there. */
export function leaveBatch() {
  if (!isOpen()) return false;
  dispatchEvent(new Event("batch-close"));
  return true;
}

export class Batches {
  /**
   * @param {{ tab: import("../session/tab_storage.js").TabStorage, upload: (file: File) => Promise<{ path: string }>,
   *   named: (page: string) => void }} given
   */
  constructor({ tab, upload, named }) {
    this.tab = tab;
    this.upload = upload;
    this.named = named;
    /** @type {Partial<Told>} */
    this.now = {};
    this.number = 0;
    this.at = 0; // when the server was asked last
    this.isCleared = false; // by whoever sees it
    /** @type {Promise<Told | null>} */
    this.last = Promise.resolve(null);
    /** @type {((told: Told) => void) | null} */
    this.hears = null;
  }

  /** From now on. A batch that this tab had is shown again once the page has its session. */
  begin() {
    const { open = false, had = false, prompt = "" } = this.remembered();
    addEventListener("batch", (event) => event instanceof CustomEvent && this.hear(event.detail));
    addEventListener("batch-open", () => this.open());
    addEventListener("batch-close", () => this.close());
    document.addEventListener("click", (event) => this.press(event));
    document.addEventListener("input", (event) => closest(event, "#batch-prompt") && this.remember());
    this.hearDrops();
    const starting = setInterval(() => {
      const field = find("#batch-prompt", HTMLTextAreaElement);
      if (!field || document.documentElement.dataset.ready === undefined) return;
      clearInterval(starting);
      if (prompt && !field.value) field.value = prompt;
      if (open) this.open();
      else if (had) this.ask({ do: "look" });
      setInterval(() => this.look(), STEP);
    }, STEP);
  }

  /** @returns {{ open?: boolean, had?: boolean, prompt?: string }} */
  remembered() {
    const held = this.tab.json("batch");
    return held && typeof held === "object" ? held : {};
  }

  remember() {
    const prompt = find("#batch-prompt", HTMLTextAreaElement)?.value ?? "";
    this.tab.set("batch", JSON.stringify({ open: isOpen(), had: Boolean(this.now.key), prompt }));
  }

  open() {
    if (!matchMedia("(min-width: 1500px)").matches) makeRoom("panel");
    document.body.classList.add("batching");
    this.remember();
    this.ask({ do: "look" });
    find("#batch h2", HTMLElement)?.focus();
  }

  close() {
    document.body.classList.remove("batching");
    this.remember();
    messageBox()?.focus();
  }

  look() {
    const pause = isOpen() ? OPEN : ELSEWHERE;
    if (this.now.state === "running" && !this.hears && performance.now() - this.at > pause) this.ask({ do: "look" });
  }

  /**
   * Asks the server, one question after the other: of two answers at once Gradio would show the later alone.
   * @param {Record<string, unknown>} command
   * @param {boolean} brings whether the settings are brought along
   * @returns {Promise<Told | null>} null where no answer came
   */
  ask(command, brings = false) {
    this.last = this.last.then(() => new Promise((done) => {
      const asked = ++this.number;
      this.at = performance.now();
      const { key = "", version = -1, columns = "" } = this.now;
      const waiting = setTimeout(() => finish(null), PATIENCE);
      /** @param {Told | null} told */
      const finish = (told) => {
        clearTimeout(waiting);
        this.hears = null;
        done(told);
      };
      this.hears = (told) => told.asked === asked && finish(told);
      dispatchEvent(new CustomEvent("batch-ask", { detail: { brings, command: { ...command, asked, key, version, columns } } }));
    }));
    return this.last;
  }

  /** @param {Told} told */
  hear(told) {
    if (!told || typeof told.asked !== "number") return;
    this.show(told);
    this.hears?.(told);
  }

  /** @param {Told} told */
  show(told) {
    const body = find("#batch tbody", HTMLElement);
    if (!body) return;
    const isLost = this.now.key && !told.key && (this.now.total ?? 0) > 0 && !this.isCleared;
    if (told.key !== this.now.key) body.replaceChildren();
    if (told.head && told.columns !== this.now.columns) draw(find("#batch thead", HTMLElement), told.head);
    for (const [id, html] of Object.entries(told.rows)) {
      const made = element("tbody", { innerHTML: html }).firstElementChild;
      const shown = body.querySelector(`[data-row="${id}"]`);
      if (made && shown) shown.replaceWith(made);
      else if (made) body.append(made);
    }
    const had = this.now.key;
    this.now = told;
    this.isCleared = false;
    if (told.key !== had) {
      const field = find("#batch-prompt", HTMLTextAreaElement);
      if (field && !field.value) field.value = told.prompt ?? "";
      this.remember();
    }
    if (told.key) this.named(told.page);
    for (const notice of [...(told.notices ?? []), ...(isLost ? [texts.batch.gone] : [])]) note(notice);
    if (told.download) download(told.download.name, new Blob([told.download.text], { type: told.download.type }));
    if (told.opened) this.close();
    tell(told);
  }

  /** @param {Event} event */
  async press(event) {
    const button = closest(event, "[data-batch]");
    if (closest(event, "#shelf-list .open, [data-act=new]") && isOpen()) this.close();
    if (!(button instanceof HTMLElement)) return;
    const { batch: does = "", format } = button.dataset;
    const id = Number(button.closest("tr")?.dataset.row);
    if (does === "close") this.close();
    else if (does === "files" || does === "folder") this.pick(does === "folder");
    else if (does === "start") this.start();
    else if (does === "retry") this.ask({ do: "retry", id });
    else if (does === "retry-failed") this.ask({ do: "retry" });
    else if (does === "open") this.ask({ do: "open", id }, true);
    else if (does === "results") this.ask({ do: "results", format });
    else if (does === "expect") this.ask({ do: "expect", text: find("#batch-expected", HTMLTextAreaElement)?.value ?? "" });
    else if (does === "expect-file") chooseText();
    else {
      this.isCleared = does === "clear";
      if (does === "clear") find("#batch-notices", HTMLElement)?.replaceChildren();
      this.ask({ do: does });
    }
  }

  start() {
    find("#batch-notices", HTMLElement)?.replaceChildren();
    const field = find("#batch-prompt", HTMLTextAreaElement);
    if (field?.value.trim()) return void this.ask({ do: "start", text: field.value }, true);
    note(texts.batch.empty);
    field?.focus();
  }

  /** @param {boolean} isFolder */
  pick(isFolder) {
    const input = element("input", { type: "file", multiple: true, webkitdirectory: isFolder });
    input.addEventListener("change", () => input.files && this.add(picked(input.files)));
    input.click();
  }

  hearDrops() {
    addEventListener("drop", async (event) => {
      if (!isOpen() || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      event.stopImmediatePropagation(); // it would go into the message box
      find("#drop", HTMLElement)?.toggleAttribute("hidden", true);
      this.add(await droppedFiles(event.dataTransfer));
    }, true);
  }

  /** @param {import("./batch_files.js").Given[]} given */
  async add(given) {
    const { most = "0", mostMb = "0" } = find("#batch-body", HTMLElement)?.dataset ?? {};
    const { taken, notices } = fitting(given, Number(most) - (this.now.total ?? 0), { items: Number(most), mb: Number(mostMb) });
    notices.forEach(note);
    await uploadAll(taken, this.upload, {
      arrived: (group) => this.ask({ do: "add", files: group.map(({ path }) => path), names: group.map(({ name }) => name) }),
      failed: (name) => note(texts.batch.not_uploaded.replace("{name}", () => name)),
      isOver: () => (this.now.total ?? 0) >= Number(most),
    });
  }
}
