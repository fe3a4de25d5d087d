// The conversation: an entry for each message, and each entry in blocks of HTML that the server made
// (ui/render/transcript.py). Only what has changed is drawn anew, so that a selection, a scrolled table and an open detail
// stay as they are while an answer grows.

import { element } from "../dom.js";

/** @typedef {[key: string, role: string, blocks: string[]]} Entry */

/**
 * Entries from the place `start` on, which come after the entry `after`.
 * @typedef {{ start: number, after: string, entries: Entry[] }} Shown
 */

export class Transcript {
  /**
   * @param {Element} place
   * @param {{ restore: (drawn: Element) => void }} unfolded what is unfolded in it stays so
   */
  constructor(place, unfolded) {
    this.place = place;
    this.unfolded = unfolded;
    /** @type {WeakMap<Element, string>} */
    this.drawn = new WeakMap();
    /** @type {Map<string, string>} */
    this.instead = new Map(); // of blocks that are not formatted, what somebody asked for
  }

  /**
   * Draws them. False where the page does not show what they go on from: it needs all entries then.
   * @param {Shown} shown
   */
  show({ start, after, entries }) {
    const { children } = this.place;
    if (start > 0 && keyOf(children[start - 1]) !== after) return false;
    entries.forEach((entry, at) => this.drawEntry(children[start + at], entry));
    while (children.length > start + entries.length) children[start + entries.length]?.remove();
    return true;
  }

  /**
   * @param {Element | undefined} there what stands in its place
   * @param {Entry} entry
   */
  drawEntry(there, [key, role, blocks]) {
    const entry = keyOf(there) === key && there ? there : newEntry(key, role);
    if (!there) this.place.append(entry);
    else if (there !== entry) there.replaceWith(entry);
    const content = entry.firstElementChild;
    if (!content) return;
    blocks.forEach((block, at) => this.drawBlock(content, content.children[at], block));
    while (content.children.length > blocks.length) content.lastElementChild?.remove();
  }

  /**
   * @param {Element} content
   * @param {Element | undefined} there
   * @param {string} block
   */
  drawBlock(content, there, block) {
    if (there && this.drawn.get(there) === block) return;
    const made = there ?? element("div", { className: "block" });
    made.innerHTML = this.instead.get(block) ?? block;
    this.drawn.set(made, block);
    if (!there) content.append(made);
    this.unfolded.restore(made);
  }

  /**
   * What stands in an entry as it was written is formatted from now on.
   * @param {string} key
   * @param {string[]} blocks those of its text
   */
  format(key, blocks) {
    const entry = [...this.place.children].find((child) => keyOf(child) === key);
    const shown = [...(entry?.firstElementChild?.children ?? [])];
    const first = shown[0]?.querySelector(":scope > .thought") ? 1 : 0;
    shown.forEach((part, at) => {
      const written = part.querySelector(":scope > .unformatted");
      const block = this.drawn.get(part);
      if (!written || block === undefined) return;
      part.innerHTML = written.matches(".whole") ? blocks.join("") : (blocks[at - first] ?? "");
      this.instead.set(block, part.innerHTML);
    });
  }
}

/** @param {Element | undefined} entry */
const keyOf = (entry) => (entry instanceof HTMLElement ? entry.dataset.key : undefined);

/** @param {string} key @param {string} role */
function newEntry(key, role) {
  const label = role === "user" ? "You" : "Answer";
  const entry = element("article", { className: `entry ${role}` }, { "aria-label": label, "data-testid": role });
  entry.dataset.key = key;
  entry.append(element("div", { className: "content" }));
  return entry;
}
