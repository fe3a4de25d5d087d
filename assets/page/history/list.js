// The list of conversations in the sidebar: drawing it, and what a click in it does.

import { element, find } from "../dom.js";
import { uncover } from "../sidebars.js";
import { emptyText, found } from "./entries.js";

/**
 * @typedef {import("./conversations.js").Conversations} Conversations
 * @typedef {import("./entries.js").Entry} Entry
 */

const SURE = 3000; // milliseconds in which a second click deletes

/** Draws the list whenever the conversations or what is searched change. */
export class ConversationList {
  /** @param {Conversations} conversations */
  constructor(conversations) {
    this.conversations = conversations;
    conversations.changed = () => this.draw();
    document.addEventListener("input", (event) => {
      if (event.target instanceof Element && event.target.id === "shelf-search") this.draw();
    });
  }

  draw() {
    const place = document.querySelector("#shelf-list");
    if (!place) return;
    const wanted = find("#shelf-search", HTMLInputElement)?.value || "";
    const entries = found(this.conversations.entries, wanted);
    place.replaceChildren(...entries.map((entry) => this.row(entry)));
    const empty = document.querySelector("#shelf-empty");
    if (empty) empty.textContent = emptyText(entries.length, wanted);
  }

  /** @param {Entry} entry */
  row(entry) {
    const isCurrent = entry.id === this.conversations.current;
    const row = element("li", { className: isCurrent ? "current" : "" });
    row.append(this.openButton(entry, isCurrent), this.renameButton(entry, row), this.deleteButton(entry));
    return row;
  }

  /** @param {Entry} entry @param {boolean} isCurrent */
  openButton({ id, title }, isCurrent) {
    const open = element("button", { type: "button", className: "open", textContent: title, title });
    if (isCurrent) open.setAttribute("aria-current", "true");
    open.onclick = () => {
      uncover();
      this.conversations.open(id);
    };
    return open;
  }

  /** @param {Entry} entry @param {HTMLElement} row */
  renameButton(entry, row) {
    const label = { "aria-label": `Rename ${entry.title}` };
    const rename = element("button", { type: "button", textContent: "✎", title: "Rename" }, label);
    rename.onclick = () => {
      const field = this.titleField(entry);
      row.replaceChildren(field);
      field.focus();
    };
    return rename;
  }

  /** @param {Entry} entry */
  titleField(entry) {
    const field = element("input", { value: entry.title, maxLength: 60 }, { "aria-label": "New title" });
    field.onkeydown = (event) => {
      const title = field.value.trim();
      if (event.key === "Enter" && title) this.conversations.rename(entry.id, title);
      else if (event.key === "Enter" || event.key === "Escape") this.draw();
      event.stopPropagation();
    };
    return field;
  }

  /** @param {Entry} entry */
  deleteButton(entry) {
    const label = { "aria-label": `Delete ${entry.title}` };
    const remove = element("button", { type: "button", textContent: "✕", title: "Delete" }, label);
    remove.onclick = () => {
      if (remove.dataset.sure) {
        this.conversations.delete(entry.id);
        return;
      }
      remove.dataset.sure = "yes";
      remove.textContent = "Delete?";
      setTimeout(() => this.draw(), SURE);
    };
    return remove;
  }
}
