// The list of conversations in the sidebar: drawing it, and what a click in it does.

import { confirmed } from "../layout/dialogs.js";
import { closest, element, find, findAll, isInputMethods, messageBox } from "../dom.js";
import { uncover } from "../layout/sidebars.js";
import texts from "../texts.js";
import { emptyText, found, heading } from "./entries.js";

/**
 * @typedef {import("./conversations.js").Conversations} Conversations
 * @typedef {import("./entries.js").Entry} Entry
 */

const ROWS = 60; // drawn at once: drawing costs more than searching

/** Draws the list whenever the conversations or what is searched change. */
export class ConversationList {
  /** @param {Conversations} conversations */
  constructor(conversations) {
    this.conversations = conversations;
    this.most = ROWS;
    this.drawn = ""; // what the list shows, as text
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
    const drawn = JSON.stringify([current, new Date().toDateString(), all.length, rows]);
    if (drawn === this.drawn && place.childElementCount && !isForced) return;
    this.drawn = drawn;
    place.replaceChildren(...this.rows(shown), ...this.moreButton(all.length - shown.length));
    const empty = find("#shelf-empty", HTMLElement);
    if (empty) empty.textContent = emptyText(all.length, this.wanted, this.conversations.isRead);
  }

  /** @param {Entry[]} entries with a heading before those of each time */
  rows(entries) {
    const now = new Date();
    let last = "";
    return entries.flatMap((entry) => {
      const when = heading(entry, now);
      const row = this.row(entry);
      if (when === last) return [row];
      last = when;
      return [element("li", { className: "when", textContent: when }), row];
    });
  }

  /** @param {number} count of those that are not drawn */
  moreButton(count) {
    if (count <= 0) return [];
    const more = element("button", { type: "button", className: "more", textContent: texts.chats.rest.replace("{count}", String(count)) });
    more.onclick = () => {
      const next = this.most;
      this.most += ROWS;
      this.draw();
      const opened = findAll("#shelf-list .open")[next]; // the button is gone from under a key
      if (opened instanceof HTMLElement) opened.focus();
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
    if (entry.isHeld) row.append(element("span", { className: "unsaved", textContent: texts.chats.unsaved }));
    row.append(this.menu(entry, row));
    return row;
  }

  /** @param {Entry} entry @param {boolean} isCurrent */
  openButton({ id, title }, isCurrent) {
    const open = element("button", { type: "button", className: "open", textContent: title, title });
    open.dataset.id = id;
    if (isCurrent) open.setAttribute("aria-current", "page");
    open.onclick = () => {
      const isUncovered = uncover();
      if (!this.conversations.isShown(id)) this.conversations.open(id);
      else if (!isUncovered) messageBox()?.focus();
    };
    return open;
  }

  /** @param {Entry} entry @param {HTMLElement} row */
  menu(entry, row) {
    const menu = element("details", { className: "menu" });
    const label = texts.chats.more.replace("{title}", () => entry.title);
    const choices = element("div", {});
    const act = (/** @type {string} */ textContent, /** @type {() => void} */ onclick) =>
      choices.append(element("button", { type: "button", textContent, onclick }));
    act(texts.chats.rename, () => this.rename(entry, row));
    act(texts.chats.export, () => this.conversations.exportOne(entry));
    act(texts.chats.delete, () => this.delete(entry));
    menu.append(element("summary", { textContent: "⋯" }, { "aria-label": label }), choices);
    return menu;
  }

  /** @param {Entry} entry */
  async delete({ id, title }) {
    const question = texts.chats.sure.replace("{title}", () => title);
    if (await confirmed(question, texts.chats.delete)) this.conversations.delete(id);
  }

  /** @param {Entry} entry @param {HTMLElement} row */
  rename(entry, row) {
    const field = this.titleField(entry);
    this.isRenaming = true;
    row.replaceChildren(field);
    field.focus();
    field.select();
  }

  /** @param {Entry} entry */
  titleField(entry) {
    const field = element("input", { value: entry.title, maxLength: 60 }, { "aria-label": texts.chats.title });
    /** @param {boolean} isKept */
    const leave = (isKept) => {
      if (!this.isRenaming) return; // a field that goes loses the focus too
      this.isRenaming = false;
      const title = field.value.trim();
      if (isKept && title && title !== entry.title) this.conversations.rename(entry.id, title);
      this.draw(true);
    };
    field.onblur = () => leave(true);
    field.onkeydown = (event) => {
      event.stopPropagation();
      if (isInputMethods(event) || (event.key !== "Enter" && event.key !== "Escape")) return;
      leave(event.key === "Enter");
      this.opener(entry.id)?.focus();
    };
    return field;
  }

  /** The button that opens a conversation. @param {string} id */
  opener(id) {
    const button = findAll("#shelf-list .open").find((each) => each instanceof HTMLElement && each.dataset.id === id);
    return button instanceof HTMLElement ? button : null;
  }
}
