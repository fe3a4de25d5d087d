// The conversation: an entry for each message, and each entry in blocks of HTML that the server made
// (ui/render/transcript.py). Only what has changed is drawn anew.

import { element } from "../dom.js";
import texts from "../texts.js";
import { morph, noteClick, noteDetails } from "./morph.js";

/** @typedef {[key: string, role: string, blocks: string[]]} Entry */

/**
 * What the server tells of it: entries in the place of all that come after the one with the key `after`, of the first
 * of which `from` blocks are there already; or entries that come before the one with the key `before`. An update that
 * is numbered goes on from the one numbered `base`, or a later one. `earlier`: how many messages come before them all.
 * @typedef {{
 *   after?: string, before?: string, from?: number, entries: Entry[], number?: number, base?: number, earlier?: number,
 * }} Told
 */

/** @typedef {{ key: string, element: Element, blocks: string[] }} Drawn */

export class Transcript {
  /** @param {Element} place */
  constructor(place) {
    this.place = place;
    place.addEventListener("click", noteClick);
    this.number = 0; // of the update that was drawn last
    this.earlier = 0; // messages that the server has before those
    /** @type {Drawn[]} */
    this.drawn = [];
    /** @type {Map<string, string>} */
    this.instead = new Map(); // of blocks that are not formatted, what somebody asked for
  }

  /**
   * Draws it. False where the page does not show what it goes on from: it needs all entries then.
   * @param {Told} told
   */
  show(told) {
    if (told.before !== undefined) return this.showEarlier(told);
    if ((told.base ?? 0) > this.number) return false;
    const start = told.after ? this.indexOf(told.after) + 1 : Math.max(0, this.indexOf(told.entries[0]?.[0]));
    const kept = told.from ?? 0;
    if (told.after && !start) return false;
    if (kept && (this.drawn[start]?.key !== told.entries[0]?.[0] || (this.drawn[start]?.blocks.length ?? 0) < kept)) return false;
    const sent = this.takeSent();
    this.drawEntries(start, told.entries, kept);
    if (sent.length) this.keepSeen(sent);
    this.number = told.number ?? 0;
    if (told.earlier !== undefined && (!start || !this.drawn.length)) this.earlier = told.earlier;
    return true;
  }

  /** Takes away what was shown as sent; gives the addresses of its images. */
  takeSent() {
    const sent = [...this.place.querySelectorAll(":scope > .pending")];
    for (const entry of sent) entry.remove();
    return sent.flatMap((entry) => [...entry.querySelectorAll("img")].map(({ src }) => src));
  }

  /** Images that were seen a moment ago are seen until the server's own are there. @param {string[]} sent */
  keepSeen(sent) {
    const asked = [...this.drawn].reverse().find(({ element }) => element.matches(".user"));
    const images = [...(asked?.element.querySelectorAll("img") ?? [])];
    if (images.length === sent.length)
      images.forEach((image, at) => (image.style.background = `center / contain no-repeat url(${JSON.stringify(sent[at])})`));
  }

  /** @param {Told} told */
  showEarlier({ before, entries, earlier = 0 }) {
    const [first] = this.drawn;
    if (!first || first.key !== before) return true; // it was asked for by what is shown no more
    const made = entries.map((entry) => this.newEntry(entry));
    first.element.before(...made.map((each) => each.element));
    this.drawn = [...made, ...this.drawn];
    this.earlier = earlier;
    return true;
  }

  /** @param {string | undefined} key */
  indexOf(key) {
    let at = this.drawn.length - 1; // mostly it is at the end
    while (at >= 0 && this.drawn[at]?.key !== key) at -= 1;
    return at;
  }

  /**
   * @param {number} start
   * @param {Entry[]} entries
   * @param {number} kept blocks of the first that stay
   */
  drawEntries(start, entries, kept) {
    for (const { element } of this.drawn.splice(start + entries.length)) element.remove();
    /** @type {Drawn[]} */
    const added = [];
    entries.forEach((entry, at) => {
      const there = this.drawn[start + at];
      if (there?.key === entry[0]) return this.drawBlocks(there, entry[2], at ? 0 : kept);
      const made = this.newEntry(entry);
      if (there) there.element.replaceWith(made.element);
      else added.push(made);
      this.drawn[start + at] = made;
    });
    this.place.append(...added.map((each) => each.element));
  }

  /**
   * @param {Drawn} there
   * @param {string[]} blocks
   * @param {number} kept come before them
   */
  drawBlocks(there, blocks, kept) {
    const content = there.element.firstElementChild;
    if (!content) return;
    blocks.forEach((block, number) => {
      const at = kept + number;
      const shown = content.children[at];
      if (!shown) content.append(this.newBlock(block));
      else if (there.blocks[at] !== block) morph(shown, this.instead.get(block) ?? block);
      there.blocks[at] = block;
    });
    there.blocks.length = kept + blocks.length;
    while (content.children.length > there.blocks.length) content.lastElementChild?.remove();
  }

  /** @param {Entry} entry @returns {Drawn} */
  newEntry([key, role, blocks]) {
    const label = role === "user" ? texts.transcript.you : texts.transcript.answer;
    const made = element("article", { className: `entry ${role}` }, { "aria-label": label, "data-testid": role });
    made.dataset.key = key;
    const content = element("div", { className: "content" });
    // Each by itself, or a tag that one leaves open would go on in the next.
    content.append(...blocks.map((block) => this.newBlock(block)));
    made.append(content);
    return { key, element: made, blocks: [...blocks] };
  }

  /** @param {string} block */
  newBlock(block) {
    const made = element("div", { className: "block", innerHTML: this.instead.get(block) ?? block });
    noteDetails(made);
    return made;
  }

  /**
   * What stands in an entry as it was written is formatted from now on.
   * @param {string} key
   * @param {string[]} blocks those of its text
   */
  format(key, blocks) {
    const there = this.drawn[this.indexOf(key)];
    const shown = [...(there?.element.firstElementChild?.children ?? [])];
    const first = shown[0]?.querySelector(":scope > .thought") ? 1 : 0;
    shown.forEach((part, at) => {
      const written = part.querySelector(":scope > .unformatted");
      const block = there?.blocks[at];
      if (!written || block === undefined) return;
      part.innerHTML = written.matches(".whole") ? blocks.join("") : (blocks[at - first] ?? "");
      this.instead.set(block, part.innerHTML);
    });
  }
}
