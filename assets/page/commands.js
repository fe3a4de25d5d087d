// What the page asks of the server, one function for each, and the grammar of the commands in the server's HTML.

/**
 * Gradio's: sends an event of the channel component to the server.
 * @typedef {(event: "select" | "submit", data: object) => void} Trigger
 */

/**
 * The words of a command in the server's HTML: what to do, at which index, by how much or with what.
 * @typedef {{ name: string, index?: string, step?: string }} Command
 */

const NUMBER = /^-?\d{1,9}$/;

/** @type {Map<string, RegExp[]>} */
const BUTTONS = new Map([
  ["close", []],
  ["inspect", [NUMBER]],
  ["sureness", [NUMBER]],
  ["otherwise", [NUMBER, /^\d{1,9}:\d$/]],
  ["prompt", [NUMBER, /^(text|json)$/]],
  ["compare", [NUMBER]],
  ["code", [NUMBER]],
  ["edit", [NUMBER]],
  ["continue", [NUMBER]],
  ["retry", [NUMBER]],
  ["shorten", [NUMBER, /^(pictures|turns)$/]],
  ["undo", [NUMBER]],
  ["copy", [NUMBER]],
  ["fields", [NUMBER, /^(csv|json)$/]],
  ["turn", [NUMBER, NUMBER]],
  ["move", [NUMBER, NUMBER]],
  ["remove", [NUMBER]],
  ["detail", [NUMBER, NUMBER]],
  ["page", [NUMBER, NUMBER]],
  ["next", [NUMBER]],
  ["read", [NUMBER]],
  ["following", [/^(take|drop)$/]],
  ["keep", [/^(pictures|turns)$/]],
  ["off", [/^(tools|json|context|examples)$/]],
  ["unedit", [/^clear$/]],
  ["example", [NUMBER]],
  ["forget", [/^example-[0-9a-f-]{1,29}$/]],
]);

/**
 * The command of a button, or null where the page has none like that: a model's answer is HTML too.
 * @param {string} text
 * @returns {Command | null}
 */
export function parseButton(text) {
  const [name = "", ...words] = text.split(" ");
  const expected = BUTTONS.get(name);
  if (!expected || words.length !== expected.length) return null;
  if (!expected.every((pattern, at) => pattern.test(words[at] ?? ""))) return null;
  const [index, step] = words;
  return { name, index, step };
}

const ANSWERED = new Set(["continue", "retry", "shorten", "otherwise"]); // which an answer follows

export class Commands {
  /** @param {Trigger} trigger */
  constructor(trigger) {
    this.trigger = trigger;
  }

  /**
   * One that stood in the server's HTML.
   * @param {Command} command
   */
  carryOut({ name, index, step }) {
    this.trigger(ANSWERED.has(name) ? "submit" : "select", { do: name, index, step });
  }

  /**
   * Opens a conversation: where this browser keeps it, `body` is the path of the uploaded file with it, else the
   * server's archive has it. `again`: the server has lost it, and what the page holds besides stays. `text`: what is to
   * stand in the message box.
   * @param {{ id: string, body?: string, again: boolean, text?: string }} conversation
   */
  open({ id, body, again, text }) {
    this.trigger("select", { do: "open", id, body, again, text });
  }

  /**
   * Takes the server's session of this page up again. `have`: nodes of the conversation that need not be sent again.
   * `sent`: where the page was when `text` was sent.
   * @param {{ page: string, id: string, have: string[], text: string, sent: string }} remembered
   */
  resume({ page, id, have, text, sent }) {
    this.trigger("submit", { do: "resume", page, id, have: have.join(" "), text, sent });
  }

  /** Asks for what of a conversation is not kept, beside these nodes. @param {string} id @param {string[]} have */
  sync(id, have) {
    this.trigger("select", { do: "sync", id, have: have.join(" ") });
  }

  /** Asks the archive for conversations that hold a text. @param {string} text */
  search(text) {
    this.trigger("select", { do: "search", text });
  }

  /** Asks for a file with all conversations of the archive, or with one. @param {string} [id] */
  exportAll(id) {
    this.trigger("select", { do: "exportall", id });
  }

  /** Asks for the code for an answer. @param {string} index @param {string} step @param {string} text the page's place */
  code(index, step, text) {
    this.trigger("select", { do: "code", index, step, text });
  }

  /** Asks for the archive's list. */
  list() {
    this.trigger("select", { do: "list" });
  }

  /** @param {string} id @param {string} title */
  rename(id, title) {
    this.trigger("select", { do: "rename", id, title });
  }

  /** @param {string} id */
  delete(id) {
    this.trigger("select", { do: "delete", id });
  }

  /**
   * What a person decides of a call that waits for them.
   * @param {string} id of the call
   * @param {string} verdict
   * @param {string} text its arguments, its result, or why not
   */
  answerCall(id, verdict, text) {
    this.trigger("submit", { do: "call", id, verdict, text });
  }

  /** Asks for a message as it was written. @param {number} index */
  source(index) {
    this.trigger("select", { do: "source", index });
  }

  /** Asks for an answer formatted that is shown as it was written. @param {string} key of its entry */
  format(key) {
    this.trigger("select", { do: "format", id: key });
  }

  /** @param {number} index @param {string} text what the answer is to be */
  rewrite(index, text) {
    this.trigger("select", { do: "rewrite", index, text });
  }

  /** Asks for what comes before the messages from this index on. @param {number} index */
  earlier(index) {
    this.trigger("select", { do: "earlier", index });
  }

  /** Asks for all of the conversation that is shown. */
  redraw() {
    this.trigger("select", { do: "redraw" });
  }

  /** Puts the last message of the user's into the box. */
  editLast() {
    this.trigger("select", { do: "edit", index: "last" });
  }

  /** What is in the box will replace nothing. */
  endEdit() {
    this.trigger("select", { do: "unedit" });
  }

  /** The same, and the box is emptied. */
  cancelEdit() {
    this.trigger("select", { do: "unedit", index: "clear" });
  }

  /** Puts the image at an address into the box. @param {string} text */
  addUrl(text) {
    this.trigger("select", { do: "url", text });
  }

  /** The box is to hold these files, which the server has. @param {string[]} files @param {string[]} choices what goes of each, in the server's words */
  fill(files, choices) {
    this.trigger("select", { do: "fill", files, choices });
  }

  /**
   * Parts of an image are to come into the box.
   * @param {string} body the path of the image's file
   * @param {number[][]} boxes the sides of each, in thousandths
   */
  addParts(body, boxes) {
    this.trigger("select", { do: "part", body, boxes });
  }

  /** The pages of a document that are to go, as they were typed. @param {string} index @param {string} text */
  choosePages(index, text) {
    this.trigger("select", { do: "pages", index, text });
  }

  /** As what they are to go. @param {string} index @param {string} step */
  chooseForm(index, step) {
    this.trigger("select", { do: "form", index, step });
  }

  /** A file was edited. @param {string} index @param {string} body the path of what takes its place */
  replaceFile(index, body) {
    this.trigger("select", { do: "replace", index, body });
  }

  /**
   * Sends a message that waited.
   * @param {{ id: string, text: string, files: string[], choices: string[], sent: string }} waiting
   */
  sendWaiting({ id, text, files, choices, sent }) {
    this.trigger("submit", { do: "send", id, text, files, choices, sent });
  }

  /** Has what was taken off beside the box back. @param {string} what */
  putBack(what) {
    this.trigger("select", { do: "on", index: what });
  }

  /** @param {number} index of an answer @param {string[]} names of the examples that are kept */
  keepExample(index, names) {
    this.trigger("select", { do: "example", index, have: names.join(" ") });
  }

  /** Says of a new chat which examples are kept. @param {string[]} names */
  offerExamples(names) {
    this.trigger("select", { do: "examples", have: names.join(" ") });
  }

  /** Hands one of them over. @param {string} id @param {string} [body] the path of the uploaded file with it */
  lendExample(id, body) {
    this.trigger("select", { do: "lend", id, body });
  }

  closeInspector() {
    this.trigger("select", { do: "close" });
  }
}
