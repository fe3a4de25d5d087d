// A message that waits for the end of the answer that is being written: one for each chat, kept over a reload.

import { randomId } from "../store/documents.js";

const LATE = 500; // milliseconds in which a click on Stop was meant for the answer that has just ended
const FRESH = 600_000; // for which a message is sent by itself where the page was away when the answer ended
const LONGEST = 70_000; // characters: a call has 1 MB, and the box beside it
const PATIENCE = 20_000; // milliseconds for the server to say what came of it
const LOOKS = 40; // for which a page that was loaded anew may not know its chat, and an answer may have yet to begin

/**
 * `chat` is that whose answer it waits for, `sent` the place from which it was sent, "" before; `isHeld`: a person has to
 * send it.
 * @typedef {{ id: string, chat: string, text: string, images: Image[], at: number, sent: string, isHeld: boolean }} Waiting
 * @typedef {import("./box.js").Boxed} Image a file
 */

/**
 * @typedef {object} Page
 * @property {() => boolean} isAnswering
 * @property {() => boolean} isStopped whether the person has stopped the answer that is under way
 * @property {() => boolean} isAnswered whether there is an answer to the last message, whole or not
 * @property {() => boolean} hasEndedWell whether the last answer is whole, and nothing waits for the person
 * @property {() => number} mostImages of a message
 * @property {() => string} place in the server's words (ui/place.py)
 * @property {() => { text: string, images: Image[] }} box
 * @property {() => Promise<void>} settled when the box's images are there
 * @property {(text: string, images: Image[]) => void} fill puts this into the box
 * @property {() => void} stop ends the answer
 * @property {(waiting: Waiting) => void} send
 * @property {(text: string) => void} tell
 * @property {{ too_many: string, queue_long: string }} texts
 * @property {() => number} [now]
 */

/** @param {unknown} kept @returns {kept is Waiting} */
function isWaiting(kept) {
  if (typeof kept !== "object" || kept === null) return false;
  const { id, chat, text, images, at, sent } = /** @type {Partial<Waiting>} */ (kept);
  return [id, chat, text, sent].every((each) => typeof each === "string") && typeof at === "number" && Array.isArray(images);
}

export class Queue {
  /**
   * @param {import("../session/tab_storage.js").TabStorage} tab
   * @param {Page} page
   */
  constructor(tab, page) {
    this.tab = tab;
    this.page = page;
    this.now = page.now ?? (() => Date.now());
    this.changed = () => {};
    this.isDue = false; // its answer was seen, or the page comes back to it
    this.isWanted = false; // now, whatever became of the answer
    this.sendingAt = -Infinity;
    this.sentAt = -Infinity;
    this.looks = 0; // in a row without an answer
    this.isTaking = false; // the box is about to be read
    this.opened = 0; // chats until now: each has a box of its own
    /** @type {string[]} */
    this.leaving = []; // images that were taken, of which the box may have yet to be emptied
    /** @type {Waiting | null} */
    this.waiting = null;
    this.read();
  }

  /** What the tab remembers of the chat that is shown. */
  read() {
    const kept = this.tab.json("queue");
    this.waiting = isWaiting(kept) ? kept : null;
    this.sendingAt = -Infinity;
    this.isWanted = false;
    this.looks = 0;
    this.opened += 1;
    this.leaving = [];
    this.isDue = this.waiting !== null && !this.waiting.isHeld && this.now() - this.waiting.at < FRESH;
    this.changed();
  }

  /** @param {Waiting | null} waiting */
  keep(waiting) {
    this.waiting = waiting;
    this.tab.set("queue", waiting ? JSON.stringify(waiting) : "");
    this.changed();
  }

/**
   * Takes what is in the box, after what waits already: once, however often it is pressed, and of no other chat. Of who
   * has stopped the answer nothing waits for how it ends.
   */
  async take() {
    if (this.isTaking) return;
    this.isTaking = true;
    const { opened } = this;
    const isWanted = this.page.isStopped();
    await this.page.settled();
    if (opened === this.opened) this.takeBox(isWanted);
    this.isTaking = false;
  }

  /** @param {boolean} isWanted */
  takeBox(isWanted) {
    const { text, images } = this.box();
    if (!text.trim() && !images.length) return;
    const before = this.waiting;
    const all = [...(before?.images ?? []), ...images];
    const said = [before?.text ?? "", text].filter((each) => each.trim()).join("\n\n");
    if (said.length > LONGEST) return this.page.tell(this.page.texts.queue_long);
    const most = this.page.mostImages();
    const excess = all.filter(({ isImage = true }) => isImage).length - most;
    if (excess > 0) return this.page.tell(this.page.texts.too_many.replace("{most}", `${most}`).replace("{excess}", `${excess}`));
    this.leaving = all.map(({ path }) => path);
    this.page.fill("", []);
    this.isDue = true;
    this.isWanted ||= isWanted;
    this.keep({ id: randomId(), chat: this.chat(), text: said, images: all, at: this.now(), sent: "", isHeld: false });
  }

  /** What is in the box, and not taken already. */
  box() {
    const { text, images } = this.page.box();
    return { text, images: images.filter(({ path }) => !this.leaving.includes(path)) };
  }

  /** What is remembered of it with a chat that is left, whose answer ends then. */
  left() {
    return this.waiting ? JSON.stringify({ ...this.waiting, isHeld: true }) : "";
  }

  /** The chat that the page shows. */
  chat() {
    return String(JSON.parse(this.page.place()).id ?? "");
  }

  /** To be called often. */
  look() {
    if (this.leaving.length) this.leaving = this.page.box().images.map(({ path }) => path).filter((path) => this.leaving.includes(path));
    if (this.page.isAnswering()) {
      this.looks = 0;
      if (this.waiting && !this.waiting.isHeld) this.isDue = true;
      return;
    }
    this.looks += 1;
    if (this.looks < 2 || !this.waiting) return;
    if (this.sendingAt > -Infinity) {
      if (this.now() - this.sendingAt > PATIENCE) this.hold(); // nobody has said what came of it
      return;
    }
    if (this.isWanted) return this.send();
    if (!this.isDue) return;
    if (this.looks < LOOKS && (this.chat() === "" || !this.page.isAnswered())) return; // the page has yet to be shown it
    if (this.chat() === this.waiting.chat && this.page.hasEndedWell()) this.send();
    else this.hold();
  }

  /** It waits for the person. */
  hold() {
    this.isDue = this.isWanted = false;
    this.sendingAt = -Infinity;
    if (this.waiting) this.keep({ ...this.waiting, isHeld: true });
  }

  send() {
    if (!this.waiting) return;
    this.isWanted = this.isDue = false;
    this.sendingAt = this.now();
    this.sentAt = this.now();
    this.keep({ ...this.waiting, sent: this.waiting.sent || this.page.place(), isHeld: false });
    this.page.send(this.waiting);
  }

  /** The person wants it sent at once: the answer that is being written ends. */
  sendNow() {
    if (!this.waiting) return;
    this.isWanted = true;
    this.sendingAt = -Infinity;
    if (this.page.isAnswering()) this.page.stop();
    else this.send();
  }

  /** The person has stopped the answer: what waited is theirs again. */
  stopped() {
    if (this.waiting && !this.isWanted && this.page.isAnswering()) this.edit();
  }

  /** It goes back into the box, after what stands there. */
  edit() {
    const { waiting, page } = this;
    if (!waiting) return;
    const { text, images } = this.box();
    this.leaving = [];
    this.keep(null);
    page.fill([text, waiting.text].filter((each) => each.trim()).join("\n\n"), [...images, ...waiting.images]);
  }

  /** Whether a click on Stop came too late for the answer that it was meant for. */
  hasJustSent() {
    return this.now() - this.sentAt < LATE;
  }

  /** The server has it. @param {string} id */
  taken(id) {
    if (this.waiting?.id === id) this.keep(null);
    this.sendingAt = -Infinity;
  }

  /** The server could not take it, which it has said. @param {string} id */
  untaken(id) {
    if (this.waiting?.id === id) this.hold();
  }
}
