// The message that is being written: remembered as it is typed, so that neither a reload nor what the server puts into
// the box loses it.

import { isEditing } from "../composer/box.js";
import { closest, messageBox, placeHeld } from "../dom.js";

const CARRIED = 70_000; // characters, of which each may take six bytes: a call has 1 MB, and may have the box beside it
const REST = 300; // milliseconds after a key
const LOOK = 1000; // sending empties the box without an input

export class Draft {
  /**
   * @param {import("./tab_storage.js").TabStorage} tab
   * @param {{ box?: () => Pick<HTMLTextAreaElement, "value" | "dispatchEvent"> | null, isReplacing?: () => boolean,
   *   place?: () => string }} page how to see the box, whether what stands in it is an earlier message, and where the
   *   page is in the conversation
   */
  constructor(tab, { box = messageBox, isReplacing = isEditing, place = placeHeld } = {}) {
    this.tab = tab;
    this.box = box;
    this.isReplacing = isReplacing;
    this.place = place;
    this.isAwaited = tab.get("draft") !== ""; // by a box that is still empty after a reload
    this.written = ""; // by the person: it stands in the box until it is sent
  }

  get text() {
    return this.tab.get("draft");
  }

  /** What of it the server is told when it is asked for the conversation: all, or nothing of one that is too long. */
  get carried() {
    return this.text.length <= CARRIED ? this.text : "";
  }

  watch() {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    document.addEventListener("beforeinput", (event) => closest(event, "#message") && this.remember(), true);
    document.addEventListener("input", (event) => {
      if (!closest(event, "#message")) return;
      this.typed();
      clearTimeout(timer);
      timer = setTimeout(() => this.remember(), REST);
    });
    document.addEventListener("click", (event) => closest(event, "#message .submit-button") && this.sent(), true);
    addEventListener("pagehide", () => this.remember());
    setInterval(() => this.remember(), LOOK);
  }

  /** The person has changed what is in the box. */
  typed() {
    const value = this.box()?.value ?? "";
    if (this.isAwaited && !value.includes(this.text)) this.setAside(this.text);
    this.isAwaited = false;
    this.written = value;
  }

  /** What is in the box is about to be sent. It stays there until the server has it, and the page may never be told. */
  sent() {
    this.written = "";
    if (this.box()?.value) this.tab.set("sent", this.place());
  }

  /** Another conversation is shown, or this one has got its name: what is in the box still was not sent there. */
  elsewhere() {
    this.tab.set("sent", "");
  }

  /** What is to come back when this chat is shown again. An earlier message that nobody has changed is none of it. */
  leave() {
    this.remember();
    const value = this.box()?.value ?? "";
    const aside = this.tab.get("aside");
    return this.isReplacing() && !this.written ? { text: aside, aside: "" } : { text: value, aside };
  }

  /** What was written in the chat that is shown now is in the box. @param {{ text: string, aside: string }} left */
  enter({ text, aside }) {
    this.tab.set("aside", aside);
    this.put(text);
  }

  /** The server has had this: the page that was to empty the box has not read so. @param {string} text */
  forget(text) {
    if (!this.isAwaited || this.text !== text) return;
    this.isAwaited = false;
    this.tab.set("draft", "");
    this.tab.set("sent", "");
  }

  /** To be called often. */
  remember() {
    const box = this.box();
    if (!box || (this.isAwaited && !box.value)) return;
    if (this.isAwaited) this.written = this.text;
    this.isAwaited = false;
    if (box.value && this.written && box.value !== this.written) this.displaced(box.value);
    if (!box.value) {
      this.written = "";
      this.tab.set("sent", "");
    }
    this.tab.set("draft", box.value);
    const aside = this.tab.get("aside");
    if (box.value || !aside || this.isReplacing()) return;
    this.tab.set("aside", "");
    this.put(aside);
  }

  /** The server has put something else into the box. @param {string} value */
  displaced(value) {
    const { written } = this;
    if (written.startsWith(value) && !this.isReplacing()) return this.put(written); // as it was a moment ago
    if (!value.includes(written)) this.setAside(written);
    this.written = "";
  }

  /** Comes back once the box is empty. @param {string} text */
  setAside(text) {
    this.tab.set("aside", [this.tab.get("aside"), text].filter(Boolean).join("\n\n"));
  }

  /** Puts it back into the box after a reload, where the server has not. */
  putBack() {
    const { text } = this;
    if (this.isAwaited && this.box()?.value === "") this.put(text);
  }

  /** @param {string} text */
  put(text) {
    const box = this.box();
    if (!box) return;
    this.isAwaited = false;
    this.written = box.value = text;
    this.tab.set("draft", text);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
