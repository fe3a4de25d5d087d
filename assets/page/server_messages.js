// What the server says to the page: on the channel what came of a click, in reports what came of an answer.

import { element } from "./dom.js";

/**
 * @typedef {object} ServerMessage
 * @property {string} [current] the conversation that the page shows from now on
 * @property {string} [page] the secret name of the server's session for this tab
 * @property {import("./store/saves.js").Save} [save] for this browser to keep
 * @property {import("./history/entries.js").Entry[]} [list] what the archive keeps
 * @property {import("./store/saves.js").Save[]} [saves] imported conversations, for this browser to keep
 * @property {{ text: string, ids: string[] }} [found] what the archive has with this text
 * @property {boolean} [lost] the server has no session for this page any more, and waits for its conversation
 * @property {string} [sent] what was sent, and may still be remembered as a draft
 * @property {Download} [download]
 * @property {{ index: number, text: string }} [source] a message as it was written
 * @property {boolean} [begun] the conversation is the one that was new until now
 * @property {string} [taken] a message that waited and is sent, by the page's name for it
 * @property {string} [untaken] one that could not be sent
 * @property {string} [notice] a sentence on what could not come into the message box
 * @property {string} [added] the address of an image that is in the message box now
 * @property {import("./composer/file_text.js").FileText} [opened] the text of a file, to be edited
 * @property {string} [clipboard] a text that was to be copied
 * @property {import("./views/code.js").Code} [code] a chat as code
 * @property {boolean} [refused] what was sent is back in the box
 * @property {import("./announce.js").Ending} [done] an answer has ended
 * @property {{ key: string, blocks: string[] }} [formatted] an answer that was shown as it was written
 * @property {string[]} [examples] examples that are to stand before a new chat, and that the server lacks
 * @property {boolean} [beat] an answer goes on
 * @property {number} [number] each has its own
 */

/**
 * A file to be saved: its text, or the path at which the server has it.
 * @typedef {{ name: string, type?: string, text?: string, path?: string }} Download
 */

/**
 * @typedef {object} Receiver
 * @property {() => void} heard the server has said something
 * @property {(shown: { id?: string, page?: string, isBegun: boolean }) => void} show which conversation is shown, and by which session
 * @property {(text: string) => void} sent
 * @property {(save: import("./store/saves.js").Save) => Promise<void>} save
 * @property {(entries: import("./history/entries.js").Entry[]) => void} list
 * @property {(found: { text: string, ids: string[] }) => void} found
 * @property {() => Promise<void>} lost
 * @property {(source: { index: number, text: string }) => void} source
 * @property {(told: { key: string, blocks: string[] }) => void} formatted
 * @property {(file: Download) => void} download
 * @property {(ids: string[]) => Promise<void>} lend
 * @property {(id: string) => void} taken
 * @property {(id: string) => void} untaken
 * @property {(sentence: string) => void} notice
 * @property {(address: string) => void} added
 * @property {(file: import("./composer/file_text.js").FileText) => void} opened
 * @property {(text: string) => void} copy
 * @property {(code: import("./views/code.js").Code) => void} code
 * @property {() => void} refused
 * @property {(ending: import("./announce.js").Ending) => void} announce
 */

/** @type {("taken" | "untaken" | "notice" | "added")[]} what is told at once, and waits for nothing that is kept */
const TOLD = ["taken", "untaken", "notice", "added"];

/** Takes the messages one after the other, as they come, and each once. */
export class ServerMessages {
  /** @param {Receiver} receiver */
  constructor(receiver) {
    this.receiver = receiver;
    /** @type {Map<string, number>} */
    this.last = new Map();
    /** @type {Promise<void>} */
    this.taken = Promise.resolve();
  }

  /**
   * @param {"channel" | "report"} by which way it came
   * @param {unknown} said
   */
  hear(by, said) {
    if (!said || typeof said !== "object") return;
    /** @type {ServerMessage} */
    const message = said;
    const { current, page, sent, number, begun = false } = message;
    if (number === undefined || number === this.last.get(by)) return; // Gradio gives some twice
    this.last.set(by, number);
    this.receiver.heard();
    if (message.refused) this.receiver.refused();
    if (sent) this.receiver.sent(sent); // first: what is shown has the draft put back
    if (current !== undefined || page !== undefined) this.receiver.show({ id: current, page, isBegun: begun });
    for (const name of TOLD) if (message[name]) this.receiver[name](message[name]);
    this.taken = this.taken.catch(() => {}).then(() => this.take(message));
  }

  /** @param {ServerMessage} message */
  async take(message) {
    const { receiver } = this;
    try {
      for (const save of message.saves ?? []) await receiver.save({ ...save, isImport: true });
      if (message.save) await receiver.save(message.save);
      if (message.list) receiver.list(message.list);
      if (message.found) receiver.found(message.found);
      if (message.download) receiver.download(message.download);
      if (message.source) receiver.source(message.source);
      if (message.clipboard) receiver.copy(message.clipboard);
      if (message.code) receiver.code(message.code);
      if (message.opened) receiver.opened(message.opened);
      if (message.formatted) receiver.formatted(message.formatted);
      if (message.examples) await receiver.lend(message.examples);
      if (message.lost) await receiver.lost();
    } finally {
      if (message.done) receiver.announce(message.done);
    }
  }
}

/**
 * Has the browser save a file.
 * @param {string} name
 * @param {Blob | string} content or the address of it
 */
export function download(name, content) {
  const href = typeof content === "string" ? content : URL.createObjectURL(content);
  element("a", { href, download: name }).click();
  if (typeof content !== "string") setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/** Where a file of the server's is found: beside the page, under whatever host and path that has. @param {string} path */
export const fileAddress = (path) => `gradio_api/file=${path.split("/").map(encodeURIComponent).join("/")}`;
