// What the server says to the page: on the channel what came of a click, in reports what came of an answer.

import { element } from "./dom.js";

/**
 * @typedef {object} ServerMessage
 * @property {string} [current] the conversation that the page shows from now on
 * @property {import("./history/entries.js").KeptEntry} [save] for this browser to keep
 * @property {import("./history/entries.js").Entry[]} [list] what the archive keeps
 * @property {{ name: string, type: string, text: string }} [download]
 * @property {boolean} [done] an answer is done
 */

/**
 * @typedef {object} Receiver
 * @property {(id: string) => void} show another conversation is shown
 * @property {() => string} current the one that was shown
 * @property {(entry: import("./history/entries.js").KeptEntry) => Promise<void>} save
 * @property {(entries: import("./history/entries.js").Entry[]) => void} list
 * @property {(file: { name: string, type: string, text: string }) => void} download
 * @property {() => Promise<void>} refresh
 * @property {() => void} announce
 */

/** Takes the messages one after the other, as they come, and each once. */
export class ServerMessages {
  /** @param {Receiver} receiver */
  constructor(receiver) {
    this.receiver = receiver;
    /** @type {Map<string, string>} */
    this.last = new Map();
    /** @type {Promise<void>} */
    this.taken = Promise.resolve();
  }

  /**
   * @param {"channel" | "report"} by which way it came
   * @param {unknown} said
   */
  hear(by, said) {
    const text = JSON.stringify(said);
    if (!said || typeof said !== "object" || text === this.last.get(by)) return;
    this.last.set(by, text);
    /** @type {ServerMessage} */
    const message = said;
    if (message.current !== undefined && message.current !== this.receiver.current())
      this.receiver.show(message.current);
    this.taken = this.taken.catch(() => {}).then(() => this.take(message));
  }

  /** @param {ServerMessage} message */
  async take(message) {
    const { receiver } = this;
    try {
      if (message.save) await receiver.save(message.save);
      if (message.list) receiver.list(message.list);
      if (message.download) receiver.download(message.download);
      await receiver.refresh();
    } finally {
      if (message.done) receiver.announce();
    }
  }
}

/**
 * Has the browser save a text as a file.
 * @param {{ name: string, type: string, text: string }} file
 */
export function download({ name, type, text }) {
  const href = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10000);
}
