// What the server says is done in the order in which it comes, each once, and a failure holds nothing up.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ServerMessages } from "../../assets/page/server_messages.js";

let done, shown, messages, failing;

beforeEach(() => {
  [done, shown, failing] = [[], "", false];
  messages = new ServerMessages({
    current: () => shown,
    show: (id) => {
      shown = id;
      done.push(`show ${id}`);
    },
    save: async (entry) => {
      await new Promise((resolve) => setTimeout(resolve, entry.id === "slow" ? 20 : 0));
      if (failing) throw new Error("the disk is full");
      done.push(`save ${entry.id}`);
    },
    list: (entries) => done.push(`list ${entries.length}`),
    download: (file) => done.push(`download ${file.name}`),
    refresh: async () => {},
    announce: () => done.push("announce"),
  });
});

test("what takes long to be kept is kept before what comes after it, and announced when it is", async () => {
  messages.hear("report", { save: { id: "slow" }, done: true, number: 1 });
  messages.hear("channel", { save: { id: "b" }, number: 2 });
  await messages.taken;
  assert.deepEqual(done, ["save slow", "announce", "save b"]);
});

test("a message that Gradio hands over twice is taken once; what comes by the other way is another", async () => {
  messages.hear("channel", { list: [1], number: 1 });
  messages.hear("channel", { list: [1], number: 1 });
  messages.hear("report", { list: [1], number: 1 });
  messages.hear("channel", { list: [1], number: 2 });
  await messages.taken;
  assert.deepEqual(done, ["list 1", "list 1", "list 1"]);
});

test("another conversation is shown at once, and the same one is not begun anew", async () => {
  messages.hear("channel", { current: "a", number: 1 });
  messages.hear("channel", { current: "a", number: 2 });
  messages.hear("channel", { current: "", number: 3 });
  assert.deepEqual(done, ["show a", "show "]);
  await messages.taken;
});

test("an answer that could not be kept is announced, and what comes after it is done", async () => {
  failing = true;
  messages.hear("report", { save: { id: "a" }, done: true });
  await assert.rejects(messages.taken);
  failing = false;
  messages.hear("report", { save: { id: "b" } });
  await messages.taken;
  assert.deepEqual(done, ["announce", "save b"]);
});

test("what is no message is passed over", async () => {
  for (const said of [null, undefined, "", "save", 3, false]) messages.hear("channel", said);
  await messages.taken;
  assert.deepEqual(done, []);
});
