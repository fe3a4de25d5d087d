// What version 1 of this page kept, by its own calls, is there in version 2, whole.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { IDBObjectStore } from "fake-indexeddb";
import { result } from "../../assets/page/store/database.js";
import { Store } from "../../assets/page/store/store.js";
import { documentOf } from "../../assets/page/store/documents.js";
import { freshBrowser, ids } from "./support.js";

const SETTINGS = { temperature: 0.2, seed: 7, json_schema: "" };
const ASKED = {
  system_prompt: "Be brief.", messages: [], tools: [{ name: "roll", description: "", parameters: "{}" }],
  settings: SETTINGS, tool_choice: "auto", keep: "all", continues: false, conversation: "x", seed_drawn: true,
};
const SEEN = { path: "/tmp/gradio/pictures/a1.png", width: 8, height: 8 };
const MADE = { path: "/tmp/b2.png", width: 8, height: 8 };
const HISTORY = {
  nodes: [
    { parent: null, message: { parts: [{ text: "Look" }, SEEN] }, asked: null },
    { parent: 0, message: { text: "A cat.", tool_calls: [], note: "" }, asked: ASKED },
    { parent: 0, message: { text: "A dog.", tool_calls: [], note: "" }, asked: ASKED },
    { parent: 1, message: { result: { call_id: "1", output: "", images: [MADE] } }, asked: null },
  ],
  leaf: 1,
};
const PANEL = {
  model: "demo", revision: "r", versions: { torch: "2" }, prompt: "Be brief.", settings: SETTINGS,
  tools: { builtin: ["roll"] }, example: null, keep: "all",
};

function entry(id, others = {}, given = {}) {
  const updated = "2026-01-01T10:00:00.000+00:00";
  const body = { id, title: "", updated, ...PANEL, history: HISTORY, format: "mistral-chat/1", ...given };
  return { id, title: "Look", updated, words: "look a cat. a dog.", body: JSON.stringify(body), ...others };
}

/** As version 1 opened and used it. */
async function keptByVersion1(entries, pictures) {
  const database = await new Promise((done) => {
    const request = indexedDB.open("mistral-chat", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("documents", { keyPath: "id" });
      request.result.createObjectStore("pictures");
    };
    request.onsuccess = () => done(request.result);
  });
  const transaction = database.transaction(["documents", "pictures"], "readwrite");
  for (const each of entries) transaction.objectStore("documents").put(each);
  for (const name of pictures) transaction.objectStore("pictures").put(new Blob([name]), name);
  await new Promise((done) => (transaction.oncomplete = done));
  database.close();
}

beforeEach(freshBrowser);

test("every conversation comes along with its branches, its pictures and what its answers came from", async () => {
  await keptByVersion1([entry("c1"), entry("c2")], ["a1.png", "b2.png"]);
  const store = new Store();
  const rows = (await store.rows()).map((row) => [row.id, row.name, row.title]);
  assert.deepEqual(rows, [["c1", "Look", ""], ["c2", "Look", ""]]);
  const { nodes, setups, leaf, updated, ...document } = documentOf(await store.load("c1"));
  const [question, cat, dog, tool] = ids(nodes);
  assert.deepEqual(nodes.map((node) => node.parent), [null, question, question, cat]);
  assert.equal(new Set([question, cat, dog, tool]).size, 4);
  assert.deepEqual([leaf, updated], [cat, "2026-01-01T10:00:00.000+00:00"]);
  assert.deepEqual(nodes[0].message.parts[1], { path: "a1.png", width: 8, height: 8 });
  assert.equal(nodes[3].message.result.images[0].path, "b2.png");
  const [[name, setup], ...others] = Object.entries(setups);
  assert.deepEqual([setup, others], [{ system_prompt: "Be brief.", tools: ASKED.tools }, []]);
  const { system_prompt, messages, tools, ...rest } = ASKED;
  assert.deepEqual(nodes[1].asked, { ...rest, setup: name });
  assert.ok(system_prompt && messages && tools);
  assert.deepEqual(document, { ...PANEL, format: "mistral-chat/2", id: "c1", title: "", titled: "" });
  assert.equal((await store.words()).get("c1"), "look a cat. a dog.");
  assert.equal(await (await store.picture("a1.png")).text(), "a1.png");
});

test("a picture that two of them share goes with the second", async () => {
  await keptByVersion1([entry("c1"), entry("c2")], ["a1.png", "b2.png"]);
  const store = new Store();
  await store.delete("c1", "2026-01-02");
  assert.deepEqual(await store.lacking(["a1.png"]), []);
  await store.delete("c2", "2026-01-02");
  assert.deepEqual(await store.lacking(["a1.png", "b2.png"]), ["a1.png", "b2.png"]);
});

test("a title that a person gave is still one", async () => {
  await keptByVersion1([entry("c1", { title: "Fruit", named: true }), entry("c2", {}, { title: "Trees" })], []);
  const rows = await new Store().rows();
  assert.deepEqual(rows.map((row) => [row.name, row.title, row.titled === row.updated]), [
    ["Fruit", "Fruit", true], ["Trees", "Trees", true],
  ]);
});

test("one that cannot be read stays where it is, and holds no other up", async () => {
  await keptByVersion1([entry("c1", { body: "{" }), entry("c2", { body: "[]" }), entry("c3")], []);
  const store = new Store();
  assert.deepEqual((await store.rows()).map((row) => row.id), ["c3"]);
  const database = await store.database.open();
  assert.ok(database.objectStoreNames.contains("documents"));
});

test("one that lacks what it should have is moved with what it has, and no other is lost for it", async () => {
  const lacking = { words: undefined, title: undefined, updated: undefined };
  await keptByVersion1([entry("c1", lacking), entry("c2", { body: undefined }), entry("c3")], []);
  const store = new Store();
  const rows = (await store.rows()).map((row) => [row.id, row.name, row.updated, row.searched]);
  const updated = "2026-01-01T10:00:00.000+00:00";
  assert.deepEqual(rows, [["c1", "Look", updated, 18], ["c3", "Look", updated, 18]]);
  assert.equal((await store.words()).get("c1"), "look a cat. a dog.");
  const database = await store.database.open();
  assert.deepEqual(await result(database.transaction("documents").objectStore("documents").getAllKeys()), ["c2"]);
});

test("what is wrong in the middle of one leaves nothing of it half moved", async () => {
  const history = { nodes: [HISTORY.nodes[0], { parent: 0, message: null }], leaf: 1 };
  await keptByVersion1([entry("c1", {}, { history }), entry("c2")], []);
  const store = new Store();
  assert.deepEqual((await store.rows()).map((row) => row.id), ["c2"]);
  assert.equal(await store.load("c1"), null);
});

for (const [name, failure] of [["AbortError", "unprepared"], ["QuotaExceededError", "full"]])
  test(`an upgrade that comes to nothing (${name}) is not said to be forbidden, and is tried again`, async () => {
    await keptByVersion1([entry("c1")], []);
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function refuse() {
      const { transaction } = this;
      if (name === "AbortError") transaction.abort();
      else transaction._abort("QuotaExceededError"); // as fake-indexeddb has it
    };
    const store = new Store();
    await assert.rejects(store.rows(), { failure });
    IDBObjectStore.prototype.put = put;
    assert.deepEqual((await store.rows()).map((row) => row.id), ["c1"]);
  });

test("without any, nothing of version 1 is left", async () => {
  await keptByVersion1([entry("c1")], []);
  const database = await new Store().database.open();
  assert.ok(!database.objectStoreNames.contains("documents"));
});
