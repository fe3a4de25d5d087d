// Examples that stand before new chats: each is kept as a small conversation, whose id the server reads. None is listed.

import { find, placeHeld } from "../dom.js";
import { toast } from "../layout/toast.js";
import texts from "../texts.js";

/** @typedef {import("./conversations.js").Conversations} Conversations */

const NAME = /^example-[0-9a-f]{16}-[0-9a-f]{12}$/;
const LOOK = 300; // milliseconds

/** Whether a conversation is an example. @param {string} id */
export const isExample = (id) => NAME.test(id);

export class Examples {
  /** @param {Conversations} conversations */
  constructor(conversations) {
    this.conversations = conversations;
    this.offered = ""; // what the server was last told, and of which chat
  }

  /** The ids of all that are kept. */
  get names() {
    return this.conversations.entries.map(({ id }) => id).filter(isExample).sort();
  }

  /** From now on the server is told which there are, for each new chat and for each system prompt. */
  watch() {
    setInterval(() => this.look(), LOOK);
  }

  look() {
    const { names, conversations } = this;
    const place = placeHeld();
    if (conversations.current || (!names.length && !this.offered)) return;
    const told = JSON.stringify([names, place, find("#system-prompt textarea", HTMLTextAreaElement)?.value]);
    if (told === this.offered) return;
    this.offered = told;
    conversations.commands.offerExamples(names);
  }

  /** An answer and its question are to be one. @param {number} index */
  keep(index) {
    this.conversations.commands.keepExample(index, this.names);
  }

  /** @param {string} id */
  async forget(id) {
    if (isExample(id) && this.names.includes(id)) await this.conversations.delete(id);
    toast(texts.examples.removed);
  }

  /** The server lacks these. @param {readonly string[]} ids */
  async lend(ids) {
    for (const id of ids.filter(isExample)) {
      const { keeper, commands } = this.conversations;
      const document = keeper && (await this.conversations.trying(() => keeper.document(id)));
      if (keeper && !document) continue;
      const body = document ? await this.conversations.handedOver(id, document) : undefined;
      if (body !== null) commands.lendExample(id, body);
      else this.offered = ""; // it is offered once more
    }
  }
}
