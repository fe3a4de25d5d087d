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
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    /** @type {WeakMap<Element, string>} */
    this.drawn = new WeakMap();
  }

  /**
   * Draws them. False where the page does not show what they go on from: it needs all entries then.
   * @param {Shown} shown
   */
  show({ start, after, entries }) {
    const { children } = this.place;
    const before = children[start - 1];
    if (start > 0 && !(before instanceof HTMLElement && before.dataset.key === after)) return false;
    entries.forEach((entry, at) => this.drawEntry(children[start + at], entry));
    while (children.length > start + entries.length) children[start + entries.length]?.remove();
    return true;
  }

  /**
   * @param {Element | undefined} there what stands in its place
   * @param {Entry} entry
   */
  drawEntry(there, [key, role, blocks]) {
    const isSame = there instanceof HTMLElement && there.dataset.key === key;
    const article = isSame ? there : element("article", { className: `entry ${role}` });
    if (!isSame) {
      article.dataset.key = key;
      if (there) there.replaceWith(article);
      else this.place.append(article);
    }
    blocks.forEach((block, at) => this.drawBlock(article, article.children[at], block));
    while (article.children.length > blocks.length) article.lastElementChild?.remove();
  }

  /**
   * @param {HTMLElement} article
   * @param {Element | undefined} there
   * @param {string} block
   */
  drawBlock(article, there, block) {
    if (there && this.drawn.get(there) === block) return;
    const made = there ?? element("div", { className: "block" });
    made.innerHTML = block;
    this.drawn.set(made, block);
    if (!there) article.append(made);
  }
}
