// The message that is being written: remembered as it is typed, so that neither a reload nor what the server puts into
// the box loses it.

import { isEditing } from "../composer/box.js";
import { closest, messageBox, placeHeld } from "../dom.js";

const CARRIED = 70_000; // characters, of which each may take six bytes: a call has 1 MB, and may have the box beside it
const REST = 300; // milliseconds after a key
const LOOK = 200; // the server fills and empties the box without an input, and a person may be as quick to undo that
const LATE = 1000; // after a message is shown as the server has it, in which the box may have yet to be emptied

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
    this.sending = ""; // what was sent last, of which the server has not said that it has it
    this.isAway = false; // the box was emptied for it, so that the next message can be written there
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
    addEventListener("gathered", () => this.makeRoom());
    addEventListener("gathered", () => this.guard());
    addEventListener("pagehide", () => this.remember());
    addEventListener("beforeunload", (event) => { // the browser asks, where a reload would lose some of what was typed
      this.remember();
      if (this.tab.lacking.size) event.preventDefault();
    });
    setInterval(() => this.remember(), LOOK);
  }

  /** The person has changed what is in the box. */
  typed() {
    const value = this.box()?.value ?? "";
    if (this.isAwaited && !value.includes(this.text)) this.setAside(this.text);
    this.isAwaited = false;
    this.written = value;
  }

  /** What is in the box is about to be sent. It is remembered until the server has it, and the page may never be told. */
  sent() {
    this.written = "";
    this.isAway = false;
    this.sending = this.box()?.value ?? "";
    if (this.sending) this.tab.set("sent", this.place());
  }

  /** What was sent is on its way: what is typed from now on is the next message. An edit stays until it is taken. */
  makeRoom() {
    const value = this.box()?.value ?? "";
    this.isAway = value === this.sending && !this.isReplacing();
    this.sending = value; // with what was typed while an image was waited for
    if (this.isAway && value) this.put("");
  }

  /** The server empties the box once more, in which the next message may stand by then: nobody is to see that. */
  guard() {
    if (!this.isAway) return;
    this.remember();
    requestAnimationFrame(() => this.guard());
  }

  /** What was sent is shown as sent no more: by the server's word, or since it says nothing. @param {string} text */
  settle(text) {
    if (!this.isAway || text !== this.sending) return;
    const isStillThere = isSameSpot(JSON.parse(this.place()), this.tab.json("sent"));
    if (isStillThere) return this.putBefore(text); // it was not taken, or nobody knows
    this.refused();
    this.isAway = true; // for a moment more: the box may have yet to be emptied
    this.tab.set("sent", "");
    setTimeout(() => (this.isAway &&= this.sending !== ""), LATE);
  }

  /** The server has refused what was sent, and puts it back into the box. */
  refused() {
    this.isAway = false;
    this.sending = "";
  }

  /** What was sent is back in the box, before what was written since. @param {string} text */
  putBefore(text) {
    const since = this.box()?.value ?? "";
    this.isAway = false;
    this.put([text, since].filter(Boolean).join("\n\n"));
  }

  /** Another conversation is shown, or this one has got its name: what is in the box still was not sent there. */
  elsewhere() {
    this.tab.set("sent", "");
  }

  /** What is to come back when this chat is shown again. An earlier message that nobody has changed is none of it. */
  leave() {
    this.remember();
    const value = this.whole();
    const aside = this.tab.get("aside");
    return this.isReplacing() && !this.written ? { text: aside, aside: "" } : { text: value, aside };
  }

  /** What was written in the chat that is shown now is in the box. @param {{ text: string, aside: string }} left */
  enter({ text, aside }) {
    this.refused();
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
    if (!box.value && this.written) return this.emptied();
    if (box.value && this.written && box.value !== this.written) this.displaced(box.value);
    if (!box.value && !this.isAway) {
      this.sending = "";
      this.tab.set("sent", "");
    }
    this.tab.set("draft", this.whole());
    const aside = this.tab.get("aside");
    if (box.value || !aside || this.isReplacing() || this.isAway) return;
    this.tab.set("aside", "");
    this.put(aside);
  }

  /** The server has emptied the box of what was sent: what the person has written since, or behind it, stays. */
  emptied() {
    const { written, sending } = this;
    const isBehind = sending !== "" && written.startsWith(sending);
    this.put(this.isAway ? written : isBehind ? written.slice(sending.length).trimStart() : "");
    this.remember();
  }

  /** What is in the box, after what has left it and may come back. */
  whole() {
    const value = this.box()?.value ?? "";
    return this.isAway ? [this.sending, value].filter(Boolean).join("\n\n") : value;
  }

  /** The server has put something else into the box. @param {string} value */
  displaced(value) {
    const { written } = this;
    if (!this.isAway && written.startsWith(value) && !this.isReplacing()) return this.put(written); // as it was a moment ago
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
    this.tab.set("draft", this.whole());
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

/**
 * Whether two of the server's places are the same in the conversation.
 * @param {any} here
 * @param {any} there undefined where it is over
 */
const isSameSpot = (here, there) => Boolean(there) && here.id === there.id && here.leaf === there.leaf;
