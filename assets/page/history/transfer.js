// All conversations of this browser as one zip, and back.

import { closest } from "../dom.js";
import { randomId, readDocument } from "../store/documents.js";
import { StoreFailed } from "../store/failures.js";
import { pictureName, picturesOf } from "../store/pictures.js";
import texts from "../texts.js";
import { ZipRefused, unzipped, zipped } from "./zip_files.js";

/**
 * @typedef {object} Surroundings
 * @property {import("./conversations.js").Conversations} conversations
 * @property {import("../store/keeper.js").Keeper} keeper
 * @property {(text: string) => void} say
 * @property {(name: string, content: Blob) => void} download
 */

const IMPORT = "input[type=file]:has(+ #import)"; // Gradio puts a button's field before it
const DATA_URL = /^data:image\/[a-z+.-]+;base64,/;

const SAID = texts.transfer;

/**
 * What came of an export: `parts` are conversations that were written in part, `pictures` those that are missing.
 * @typedef {{ whole: number, parts: number, unread: number, pictures: number }} Written
 */

export class Transfer {
  /** @param {Surroundings} surroundings */
  constructor({ conversations, keeper, say, download }) {
    this.conversations = conversations;
    this.keeper = keeper;
    this.say = say;
    this.download = download;
    this.isBusy = false;
  }

  /** Saves all conversations as a file, also those that another tab has begun, and says what is not in it. */
  async exportAll() {
    const isRead = await this.conversations.refresh();
    const { entries } = this.conversations;
    if (!entries.length) return this.say(isRead ? SAID.none : SAID.unread);
    this.say(SAID.exporting.replace("{chats}", chats(entries.length)));
    const written = { whole: 0, parts: 0, unread: 0, pictures: 0 };
    let why = SAID.not_exported;
    try {
      const zip = await zipped(this.files(entries, written));
      const count = written.whole + written.parts;
      if (count) this.download(`chats-${new Date().toISOString().slice(0, 10)}.zip`, zip);
      const told = count || written.unread ? SAID.exported.replace("{chats}", chats(count)) : SAID.none;
      why = [told, ...missing(written, isRead)].join(" ");
    } catch (error) {
      if (!(error instanceof ZipRefused)) throw error;
      why = error.message;
    } finally {
      this.say(why);
    }
  }

  /** Saves one conversation as a file, and says what is not in it. @param {import("./entries.js").Entry} entry */
  async exportOne(entry) {
    const written = { whole: 0, parts: 0, unread: 0, pictures: 0 };
    for await (const [name, text] of this.files([entry], written)) this.download(name, new Blob([text], { type: "application/json" }));
    const lacking = missing(written, true);
    if (lacking.length) this.say(lacking.join(" "));
  }

  /**
   * @param {readonly import("./entries.js").Entry[]} entries
   * @param {Written} written counts
   * @returns {AsyncGenerator<[name: string, text: string]>}
   */
  async *files(entries, written) {
    for (const { id, title } of entries) {
      const { document, failed } = await this.keeper.read(id);
      if (!document) {
        if (failed) written.unread += 1; // else it was deleted meanwhile
        continue;
      }
      for (const picture of document.nodes.flatMap((node) => picturesOf(node.message))) {
        const kept = await this.keeper.picture(id, pictureName(picture.path));
        if (kept) picture.path = await dataUrl(kept);
        else written.pictures += 1;
      }
      if (failed) written.parts += 1;
      else written.whole += 1;
      const name = title.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40) || "chat";
      yield [`${name}-${id}.json`, JSON.stringify(document)];
    }
  }

  /** Keeps the conversations of a zip, beside those that are here. @param {Blob} file */
  async importZip(file) {
    let count = 0, leftOut = 0, why = "";
    try {
      for await (const text of unzipped(file)) {
        if (await this.importDocument(text)) count += 1;
        else leftOut += 1;
        if ((count + leftOut) % 20 === 0) this.say(SAID.importing.replace("{chats}", chats(count)));
      }
    } catch (error) {
      if (!(error instanceof ZipRefused || error instanceof StoreFailed)) throw error;
      why = error.message;
    }
    this.conversations.search.forget();
    this.conversations.tellTabs({});
    await this.conversations.refresh();
    const others = SAID.left_out.replace("{files}", counted(leftOut, SAID.file, SAID.files));
    const came = count || !why ? SAID.imported.replace("{chats}", chats(count)) : "";
    this.say([came, why, leftOut && others].filter(Boolean).join(" "));
  }

  /** @param {string} text @returns {Promise<boolean>} whether it is a conversation */
  async importDocument(text) {
    const save = readDocument(parsed(text), randomId);
    if (!save) return false;
    /** @type {Map<string, Blob>} */
    const pictures = new Map();
    for (const picture of save.nodes.flatMap((node) => picturesOf(node.message))) {
      if (!DATA_URL.test(picture.path)) continue;
      const blob = pictureFrom(picture.path);
      picture.path = await nameFor(picture.path);
      if (blob) pictures.set(picture.path, blob);
    }
    await this.keeper.import(save, pictures);
    return true;
  }

  /** The button that exports, and files that are chosen for the one that imports, before Gradio takes them. */
  listen() {
    document.addEventListener("click", (event) => {
      if (!closest(event, "#export-all")) return;
      stop(event);
      this.alone(() => this.exportAll());
    }, true);
    document.addEventListener("change", (event) => {
      const input = event.target;
      if (!(input instanceof HTMLInputElement && input.matches(IMPORT))) return;
      const file = input.files?.[0];
      if (!file || !/\.zip$/i.test(file.name)) return;
      stop(event);
      input.value = "";
      this.alone(() => this.importZip(file));
    }, true);
  }

  /** @param {() => Promise<void>} work */
  async alone(work) {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await work();
    } finally {
      this.isBusy = false;
    }
  }
}

/** @param {Event} event */
function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** @param {number} count */
const chats = (count) => counted(count, SAID.chat, SAID.chats);

/** @param {number} count @param {string} one @param {string} several */
const counted = (count, one, several) => (count === 1 ? one : several.replace("{count}", String(count)));

/** What is to be said of what an export lacks. @param {Written} written @param {boolean} isRead there was a list */
function missing({ parts, unread, pictures }, isRead) {
  /** @type {string[]} */
  const sentences = [];
  if (unread) sentences.push(SAID.missing.replace("{chats}", chats(unread)));
  if (parts) sentences.push(SAID.parts.replace("{chats}", chats(parts)));
  if (pictures) sentences.push(SAID.images.replace("{images}", counted(pictures, SAID.image, SAID.some_images)));
  if (!isRead) sentences.push(SAID.unlisted);
  return sentences;
}

/** @param {string} text @returns {unknown} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** @param {Blob} picture */
async function dataUrl(picture) {
  const bytes = new Uint8Array(await picture.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:image/png;base64,${btoa(text)}`;
}

/** @param {string} url */
function pictureFrom(url) {
  try {
    const text = atob(url.slice(url.indexOf(",") + 1));
    return new Blob([Uint8Array.from(text, (sign) => sign.charCodeAt(0))], { type: "image/png" });
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/**
 * The name of a picture that brings none: the same for the same, where the page is served securely.
 * @param {string} url
 */
async function nameFor(url) {
  if (!globalThis.crypto.subtle) return `${randomId()}${randomId()}.png`;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(url)));
  return `${[...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("")}.png`;
}
