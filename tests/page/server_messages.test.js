// What the server says is done in the order in which it comes, each once, and a failure holds nothing up.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ServerMessages } from "../../assets/page/server_messages.js";

let done, heard, messages, failing;

beforeEach(() => {
  [done, failing] = [[], false];
  messages = new ServerMessages({
    heard: () => (heard += 1),
    show: ({ id, page }) => done.push(`show ${id} by ${page}`),
    sent: (text) => done.push(`sent ${text}`),
    save: async (save) => {
      await new Promise((resolve) => setTimeout(resolve, save.id === "slow" ? 20 : 0));
      if (failing) throw new Error("the disk is full");
      done.push(`save ${save.id}${save.isImport ? " from a file" : ""}`);
    },
    list: (entries) => done.push(`list ${entries.length}`),
    found: ({ text }) => done.push(`found ${text}`),
    lost: async () => done.push("lost"),
    download: (file) => done.push(`download ${file.name}`),
    copy: (text) => done.push(`copy ${text}`),
    announce: () => done.push("announce"),
  });
  heard = 0;
});

test("what takes long to be kept is kept before what comes after it, and announced when it is", async () => {
  messages.hear("report", { save: { id: "slow" }, done: true, number: 1 });
  messages.hear("channel", { save: { id: "b" }, number: 2 });
  await messages.taken;
  assert.deepEqual(done, ["save slow", "announce", "save b"]);
});

test("a message that Gradio hands over twice is taken once; what comes by the other way is another", async () => {
  messages.hear("channel", { list: [1], number: 1 });
  messages.hear("channel", { number: 1, list: [1] });
  messages.hear("report", { list: [1], number: 1 });
  messages.hear("channel", { list: [1], number: 2 });
  await messages.taken;
  assert.deepEqual(done, ["list 1", "list 1", "list 1"]);
});

test("which conversation is shown, and by which session, is known at once", async () => {
  messages.hear("report", { save: { id: "slow" }, number: 9 });
  messages.hear("channel", { current: "a", page: "token", sent: "Why?", number: 1 });
  messages.hear("channel", { current: "", number: 2 });
  assert.deepEqual(done, ["sent Why?", "show a by token", "show  by undefined"]);
  await messages.taken;
});

test("a conversation that the server has lost is opened after what came before is kept", async () => {
  messages.hear("report", { save: { id: "slow" }, number: 9 });
  messages.hear("channel", { lost: true, number: 1 });
  await messages.taken;
  assert.deepEqual(done, ["save slow", "lost"]);
});

test("each message leads to what it is for, and each is a sign that the server is there", async () => {
  const told = [
    { found: { text: "x", ids: [] } }, { download: { name: "a.zip" } },
    { saves: [{ id: "a" }, { id: "b" }] }, { beat: true }, { clipboard: "<s>" },
  ];
  told.forEach((message, number) => messages.hear("channel", { ...message, number }));
  await messages.taken;
  assert.deepEqual([done, heard], [["found x", "download a.zip", "save a from a file", "save b from a file", "copy <s>"], 5]);
});

test("an answer that could not be kept is announced, and what comes after it is done", async () => {
  failing = true;
  messages.hear("report", { save: { id: "a" }, done: true, number: 1 });
  await assert.rejects(messages.taken);
  failing = false;
  messages.hear("report", { save: { id: "b" }, number: 2 });
  await messages.taken;
  assert.deepEqual(done, ["announce", "save b"]);
});

test("what is no message is passed over", async () => {
  for (const said of [null, undefined, "", "save", 3, false]) messages.hear("channel", said);
  await messages.taken;
  assert.deepEqual(done, []);
});
