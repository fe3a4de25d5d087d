// The title of the browser's tab: the chat's, and a sign of an answer that has ended while nobody looked.

import texts from "./texts.js";

const SECONDS = 1;

export class TabTitle {
  /**
   * @param {() => string} chat its title, "" for a new one
   * @param {Document} page
   */
  constructor(chat, page = document) {
    this.chat = chat;
    this.page = page;
    this.app = page.title;
    this.hasEnded = false;
    page.addEventListener("visibilitychange", () => this.look());
  }

  watch() {
    setInterval(() => this.look(), SECONDS * 1000);
  }

  /** An answer has ended. */
  ended() {
    this.hasEnded = true;
    this.look();
  }

  look() {
    if (!this.page.hidden) this.hasEnded = false;
    const title = this.chat() || this.app;
    const shown = this.hasEnded ? texts.transcript.done_in_title.replace("{}", title) : title;
    if (this.page.title !== shown) this.page.title = shown;
  }
}
