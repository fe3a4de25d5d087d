// All conversations in one zip, and back, into a browser that has none of them or some.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { strToU8, zipSync } from "../../assets/page/vendor/fflate.js";
import { Transfer } from "../../assets/page/history/transfer.js";
import { unzipped } from "../../assets/page/history/zip_files.js";
import { Keeper } from "../../assets/page/store/keeper.js";
import { StoreFailed } from "../../assets/page/store/failures.js";
import { result } from "../../assets/page/store/database.js";
import { Store } from "../../assets/page/store/store.js";
import { at, freshBrowser, ids, node, said, save } from "./support.js";

let store, keeper, transfer, sentences, files, listed;

/** A browser of its own. */
function begin() {
  freshBrowser();
  store = new Store();
  [sentences, files, listed] = [[], [], []];
  keeper = new Keeper({
    store,
    download: async (path) => new Blob([path]),
    sync: () => {},
    tell: (trouble) => sentences.push(trouble),
    settled: () => {},
    persist: () => {},
  });
  const conversations = {
    get entries() {
      return listed;
    },
    search: { forget: () => {} },
    tellTabs: () => {},
    refresh: async () => {
      const rows = await store.rows().catch(() => null);
      listed = (rows ?? []).map(({ id, name }) => ({ id, title: name }));
      for (const { id, name } of keeper.heldSaves()) listed.push({ id, title: name });
      return rows !== null;
    },
  };
  transfer = new Transfer({
    conversations, keeper, say: (text) => sentences.push(text), download: (...file) => files.push(file),
  });
}

beforeEach(begin);

async function exported() {
  await transfer.conversations.refresh();
  await transfer.exportAll();
  return files.at(-1)[1];
}

const zip = (entries) =>
  new Blob([zipSync(Object.fromEntries(Object.entries(entries).map(([name, text]) => [name, strToU8(text)])))]);

test("all conversations come back with their pictures, and a second time nothing is doubled", async () => {
  const nodes = [node("q", null, said("Grüße 🙂", "/tmp/s/1.png")), node("a", "q", "Hi!", { setup: "s" })];
  await keeper.save(save(nodes, { title: "Füße/../x", titled: at(1), setups: { s: { tools: [] } } }));
  await keeper.save(save([node("q", null, said("Pears"))], { id: "c2", name: "Pears" }));
  const file = await exported();
  assert.match(files[0][0], /^chats-\d{4}-\d\d-\d\d\.zip$/);
  begin();
  await transfer.importZip(file);
  assert.equal(sentences.at(-1), "Imported 2 chats.");
  const there = await keeper.document("c1");
  assert.deepEqual([ids(there.nodes), there.title, there.leaf], [["q", "a"], "Füße/../x", "a"]);
  assert.deepEqual(there.setups, { s: { tools: [] } });
  const { path } = there.nodes[0].message.parts[1];
  assert.equal(await (await keeper.picture("c1", path)).text(), "/tmp/s/1.png");
  const pictures = () => store.read("pictures", (stores) => result(stores("pictures").count()));
  await transfer.importZip(file);
  assert.deepEqual([ids((await keeper.document("c1")).nodes), listed.length, await pictures()], [["q", "a"], 2, 1]);
});

test("one that was deleted here comes back, and one that went on here keeps what is new", async () => {
  await keeper.save(save([node("q", null, said("Apples"))]));
  await keeper.save(save([node("x", null, said("Pears"))], { id: "c2" }));
  const file = await exported();
  await keeper.delete("c1");
  await keeper.save(save([node("y", "x", "More")], { id: "c2", second: 9, name: "Pears" }));
  await transfer.importZip(file);
  assert.deepEqual(ids((await keeper.document("c1")).nodes), ["q"]);
  const { nodes, leaf } = await keeper.document("c2");
  assert.deepEqual([ids(nodes), leaf], [["x", "y"], "y"]);
  await keeper.save(save([node("a", "q", "Hi!")]));
  assert.deepEqual(ids((await keeper.document("c1")).nodes), ["q", "a"]);
});

test("a document of the first format stands beside what is there", async () => {
  const history = { nodes: [{ parent: null, message: said("Hello") }], leaf: 0 };
  const first = { format: "mistral-chat/1", id: "c1", updated: at(0), history };
  await keeper.save(save([node("q", null, said("Apples"))]));
  await transfer.importZip(zip({ "a.json": JSON.stringify(first) }));
  assert.deepEqual(listed.map((entry) => entry.title).sort(), ["Apples", "Hello"]);
});

test("what is no conversation is counted, and holds no other up", async () => {
  const good = { format: "mistral-chat/2", id: "c9", nodes: [node("q", null, said("Hello"))] };
  await transfer.importZip(zip({ "a.json": "{", "b.json": "[1]", "c.json": JSON.stringify(good), "d.txt": "x" }));
  assert.equal(sentences.at(-1), "Imported 1 chat. Left out: 2 files that aren't chats.");
  assert.equal(listed.length, 1);
});

test("a file that is no zip, or damaged, is refused in one sentence", async () => {
  await transfer.importZip(new Blob(["no zip at all"]));
  assert.match(sentences.at(-1), /no chats/);
  const whole = zip({ "a.json": JSON.stringify({ x: "some text that is long enough ".repeat(50) }) });
  await transfer.importZip(whole.slice(0, 60));
  assert.match(sentences.at(-1), /damaged/);
  assert.equal(sentences.length, 2);
});

test("a zip that would fill the memory, or brings no end of files, is stopped", async () => {
  const read = async (file, most) => {
    for await (const text of unzipped(file, most)) assert.ok(text);
  };
  const bomb = zip({ "a.json": "0".repeat(3_000_000) });
  await assert.rejects(read(bomb, { bytes: 2_000_000, files: 10 }), /more than 2 MB/);
  const many = zip(Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`${n}.json`, "{}"])));
  await assert.rejects(read(many, { bytes: 2_000_000, files: 10 }), /more than 10 files/);
});

test("where the browser has no room, what came in is said, and why no more", async () => {
  store.database.isOutdated = true;
  const good = { format: "mistral-chat/2", id: "c9", nodes: [node("q", null, said("Hello"))] };
  await transfer.importZip(zip({ "c.json": JSON.stringify(good) }));
  assert.match(sentences.at(-1), /Reload this tab/);
});

test("what another tab has begun is exported, and what cannot be read is said to be missing", async () => {
  await keeper.save(save([node("q", null, said("Hello"))]));
  await new Store().save(save([node("x", null, said("Plums"))], { id: "c2" }), new Map());
  await new Store().save(save([node("x", null, said("Pears", "gone.png"))], { id: "c3" }), new Map());
  const { load } = store;
  store.load = async (id) => {
    if (id === "c1") throw new StoreFailed("failed");
    return load.call(store, id);
  };
  await transfer.exportAll();
  assert.equal(sentences.at(-1),
    "Exported 2 chats. Missing: 1 chat that couldn't be read. " +
    "Missing: 1 image that this browser doesn't have.");
  const found = [];
  for await (const text of unzipped(files[0][1])) found.push(JSON.parse(text).id);
  assert.deepEqual(found, ["c2", "c3"]);
});

test("where nothing can be read no empty file is written, and it is not said that there is nothing", async () => {
  await keeper.save(save([node("q", null, said("Hello"))]));
  await transfer.conversations.refresh();
  store.load = async () => {
    throw new StoreFailed("failed");
  };
  await transfer.exportAll();
  assert.equal(sentences.at(-1), "Exported 0 chats. Missing: 1 chat that couldn't be read.");
  store.rows = store.load;
  await transfer.exportAll();
  assert.equal(sentences.at(-1), "The chats couldn't be read, so nothing was exported.");
  assert.deepEqual(files, []);
});

test("a part that could not be saved leaves alone where the rest cannot be read, and this is said", async () => {
  await keeper.save(save([node("q", null, said("Hello"))]));
  store.load = store.write = store.rows = async () => {
    throw new StoreFailed("failed");
  };
  await keeper.save(save([node("a", "q", "Hi!")], { second: 1 }));
  await keeper.save(save([node("x", null, said("Pears"))], { id: "c2", whole: true }));
  await transfer.exportAll();
  assert.equal(sentences.at(-1),
    "Exported 2 chats. Of 1 chat only the newest messages could be read. " +
    "The list couldn't be read, so others may be missing.");
  assert.equal(files.length, 1);
});

test("an export that comes to no end is said to have failed", async () => {
  await keeper.save(save([node("q", null, said("Hello"))]));
  transfer.download = () => {
    throw new RangeError("too long");
  };
  await assert.rejects(exported(), RangeError);
  assert.equal(sentences.at(-1), "The chats couldn't be exported.");
});

test("without a conversation there is nothing to export", async () => {
  await transfer.exportAll();
  assert.deepEqual([sentences, files], [["No chats to export yet."], []]);
});

test("what unzips is fflate as its authors published it", () => {
  const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  assert.equal(read("assets/page/vendor/fflate.js"), read("node_modules/fflate/esm/browser.js"));
  assert.equal(read("assets/page/vendor/fflate.LICENSE"), read("node_modules/fflate/LICENSE"));
});
