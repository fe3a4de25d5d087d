// The list of conversations in the sidebar: drawing it, and what a click in it does.

import { closest, element, find, messageBox } from "../dom.js";
import { uncover } from "../sidebars.js";
import { emptyText, found } from "./entries.js";

/**
 * @typedef {import("./conversations.js").Conversations} Conversations
 * @typedef {import("./entries.js").Entry} Entry
 */

const SURE = 3000; // milliseconds in which a second click deletes
const ROWS = 60; // drawn at once: drawing costs more than searching

/** Draws the list whenever the conversations or what is searched change. */
export class ConversationList {
  /** @param {Conversations} conversations */
  constructor(conversations) {
    this.conversations = conversations;
    this.most = ROWS;
    this.drawn = ""; // what the list shows, as text
    this.sure = ""; // what a second click deletes
    this.isRenaming = false;
    conversations.changed = conversations.search.changed = () => this.update();
    document.addEventListener("input", (event) => {
      if (closest(event, "#shelf-search")) this.searched();
    });
    document.addEventListener("focusin", (event) => {
      if (closest(event, "#shelf-search")) conversations.search.ask(this.wanted);
    });
  }

  get wanted() {
    return find("#shelf-search", HTMLInputElement)?.value || "";
  }

  searched() {
    this.most = ROWS;
    this.conversations.search.ask(this.wanted);
    this.update();
  }

  /** Draws it where it would look different; not while a title is being written. */
  update() {
    if (!this.isRenaming) this.draw();
  }

  /** @param {boolean} isForced also where it looks the same */
  draw(isForced = false) {
    const place = find("#shelf-list", HTMLElement);
    if (!place) return;
    const { search, entries, current } = this.conversations;
    const all = found(entries, this.wanted, (id, text) => search.isFound(id, text));
    const shown = all.slice(0, this.most);
    const rows = shown.map(({ id, title, isHeld }) => [id, title, isHeld]);
    const drawn = JSON.stringify([current, this.sure, all.length, rows]);
    if (drawn === this.drawn && place.childElementCount && !isForced) return;
    this.drawn = drawn;
    place.replaceChildren(...shown.map((entry) => this.row(entry)), ...this.moreButton(all.length - shown.length));
    const empty = find("#shelf-empty", HTMLElement);
    if (empty) empty.textContent = emptyText(all.length, this.wanted, this.conversations.isRead);
  }

  /** @param {number} count of those that are not drawn */
  moreButton(count) {
    if (count <= 0) return [];
    const more = element("button", { type: "button", className: "more", textContent: `Show more (${count})` });
    more.onclick = () => {
      const next = this.most;
      this.most += ROWS;
      this.draw();
      find(`#shelf-list li:nth-child(${next + 1}) .open`, HTMLElement)?.focus(); // the button is gone from under a key
    };
    const row = element("li", {});
    row.append(more);
    return [row];
  }

  /** @param {Entry} entry */
  row(entry) {
    const isCurrent = entry.id === this.conversations.current;
    const row = element("li", { className: isCurrent ? "current" : "" });
    row.append(this.openButton(entry, isCurrent));
    if (entry.isHeld) row.append(element("span", { className: "unsaved", textContent: "not saved" }));
    row.append(this.renameButton(entry, row), this.deleteButton(entry));
    return row;
  }

  /** @param {Entry} entry @param {boolean} isCurrent */
  openButton({ id, title }, isCurrent) {
    const open = element("button", { type: "button", className: "open", textContent: title, title });
    if (isCurrent) open.setAttribute("aria-current", "true");
    open.onclick = () => {
      const isUncovered = uncover();
      if (!this.conversations.isShown(id)) this.conversations.open(id);
      else if (!isUncovered) messageBox()?.focus();
    };
    return open;
  }

  /** @param {Entry} entry @param {HTMLElement} row */
  renameButton(entry, row) {
    const label = { "aria-label": `Rename ${entry.title}` };
    const rename = element("button", { type: "button", textContent: "✎", title: "Rename" }, label);
    rename.onclick = () => {
      const field = this.titleField(entry);
      this.isRenaming = true;
      row.replaceChildren(field);
      field.focus();
    };
    return rename;
  }

  /** @param {Entry} entry */
  titleField(entry) {
    const field = element("input", { value: entry.title, maxLength: 60 }, { "aria-label": "New title" });
    const leave = () => {
      this.isRenaming = false;
      this.draw(true);
    };
    field.onkeydown = (event) => {
      const title = field.value.trim();
      event.stopPropagation();
      if (event.key !== "Enter" && event.key !== "Escape") return;
      if (event.key === "Enter" && title) this.conversations.rename(entry.id, title);
      leave();
    };
    return field;
  }

  /** @param {Entry} entry */
  deleteButton(entry) {
    const label = { "aria-label": `Delete ${entry.title}` };
    const isSure = this.sure === entry.id;
    const textContent = isSure ? "Delete?" : "✕";
    const remove = element("button", { type: "button", textContent, title: "Delete" }, label);
    remove.classList.toggle("sure", isSure);
    remove.onclick = () => {
      this.sure = isSure ? "" : entry.id;
      if (isSure) this.conversations.delete(entry.id);
      else setTimeout(() => this.unsure(entry.id), SURE);
      this.update();
      if (!isSure) find("#shelf-list .sure", HTMLElement)?.focus();
    };
    return remove;
  }

  /** @param {string} id */
  unsure(id) {
    if (this.sure === id) this.sure = "";
    this.update();
  }
}
