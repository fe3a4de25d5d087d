// Examples that stand before new chats: which the page offers to the server, and hands over.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Examples } from "../../assets/page/history/examples.js";

const [A, B] = ["1", "2"].map((digit) => `example-${digit.repeat(16)}-${digit.repeat(12)}`);
let asked, conversations, examples, prompt;

class Field {
  value = prompt;
}

beforeEach(() => {
  asked = [];
  prompt = "Be brief.";
  globalThis.HTMLTextAreaElement = globalThis.HTMLInputElement = Field;
  globalThis.document = { querySelector: () => new Field() };
  const told = (name) => (...words) => asked.push([name, ...words]);
  conversations = {
    current: "", entries: [{ id: B }, { id: "c1" }, { id: A }],
    commands: { offerExamples: told("offer"), keepExample: told("keep"), lendExample: told("lend") },
    keeper: { document: async (id) => (id === A ? { nodes: [] } : null) },
    trying: (action) => action(),
    handedOver: async (id) => `/tmp/${id}.json`,
  };
  examples = new Examples(conversations);
});

test("a new chat is told of all examples once, and again for another prompt", () => {
  examples.look();
  examples.look();
  prompt = "Be long.";
  examples.look();
  assert.deepEqual(asked, [["offer", [A, B]], ["offer", [A, B]]]);
});

test("a chat that has begun is told of none, and where there are none nobody is asked", () => {
  conversations.current = "c1";
  examples.look();
  conversations.current = "";
  conversations.entries = [];
  examples.look();
  assert.deepEqual(asked, []);
});

test("the last that goes is told of", () => {
  examples.look();
  conversations.entries = [];
  examples.look();
  assert.deepEqual(asked[1], ["offer", []]);
});

test("what the server wants is handed over, where this browser still keeps it", async () => {
  await examples.lend([A, B, "c1"]);
  conversations.keeper = null; // the server's archive has them
  await examples.lend([B]);
  assert.deepEqual(asked, [["lend", A, `/tmp/${A}.json`], ["lend", B, undefined]]);
});

test("one that could not be handed over is offered once more", async () => {
  examples.look();
  conversations.handedOver = async () => null;
  await examples.lend([A]);
  examples.look();
  assert.deepEqual(asked.map(([name]) => name), ["offer", "offer"]);
});
