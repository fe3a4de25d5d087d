// What this browser keeps of conversations, and that nothing of it is lost: whatever comes, in whichever order.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { IDBDatabase } from "fake-indexeddb";
import { nameOf } from "../../assets/page/store/documents.js";
import { Store } from "../../assets/page/store/store.js";
import { at, freshBrowser, ids, node, said, save } from "./support.js";

const NONE = new Map();
const throws = (name) => () => {
  throw new DOMException("no", name);
};
const FORBIDDEN = { configurable: true, get: throws("SecurityError") };
let store;

beforeEach(() => {
  freshBrowser();
  store = new Store();
});

const keep = (...given) => store.save(save(...given), NONE);

test("a conversation is kept with its tree, its panel and what its answers came from", async () => {
  const asked = { setup: "s1", settings: { seed: 7 } };
  const kept = save([node("q", null, said("Hello")), node("a", "q", "Hi!", asked)], {
    setups: { s1: { system_prompt: "Be brief.", tools: [] } },
  });
  await store.save(kept, NONE);
  assert.deepEqual(await store.load("c1"), { ...kept, whole: true });
  assert.equal(await store.load("c2"), null);
});

test("what two tabs write into one conversation is there from both, each once, in the order it came", async () => {
  const first = node("q", null, said("Hello"));
  await keep([first]);
  const other = new Store();
  await Promise.all([
    keep([first, node("a1", "q", "from one tab")], { second: 1 }),
    other.save(save([node("a2", "q", "from the other")], { second: 2 }), NONE),
  ]);
  const { nodes, leaf } = await store.load("c1");
  assert.deepEqual(ids(nodes), ["q", "a1", "a2"]);
  assert.equal(leaf, "a2");
});

test("of the branch that is shown and the panel the later one stands, also where it comes first", async () => {
  await keep([node("b", null, "later")], { second: 9, panel: { prompt: "new" } });
  await keep([node("a", null, "earlier")], { second: 3, panel: { prompt: "old" } });
  const { leaf, panel, updated } = await store.load("c1");
  assert.deepEqual([leaf, panel, updated], ["b", { prompt: "new" }, at(9)]);
});

test("an answer that is written grows, is done, and a part of it that was overtaken takes nothing back", async () => {
  const growing = (text) => keep([node("a", null, text)], { growing: "a" });
  await growing("word");
  await growing("word by word");
  await growing("word by");
  assert.deepEqual(await store.have("c1"), []);
  assert.equal((await store.load("c1")).growing, "a");
  await keep([node("a", null, "word by word, done")]);
  await growing("word by word");
  const { nodes, growing: still } = await store.load("c1");
  assert.deepEqual([nodes, still], [[node("a", null, "word by word, done")], null]);
  assert.deepEqual(await store.have("c1"), ["a"]);
});

test("a title that a person gave holds through an answer without one, and gives way to a later one", async () => {
  await keep([node("q", null, said("Hello"))]);
  const row = await store.rename("c1", "Fruit", () => at(5));
  assert.deepEqual([row.name, row.title, row.titled], ["Fruit", "Fruit", at(5)]);
  await keep([node("a", "q", "Hi!")], { second: 8 });
  await keep([], { second: 9, name: "Older", title: "Older", titled: at(4) });
  assert.equal((await store.rows())[0].name, "Fruit");
  await keep([], { second: 10, name: "Newer", title: "Newer", titled: "2026-01-01T10:00:06Z" });
  assert.deepEqual((await store.rows()).map((each) => [each.name, each.title]), [["Newer", "Newer"]]);
  assert.deepEqual(ids((await store.load("c1")).nodes), ["q", "a"]);
});

test("a rename reads and writes no message", async () => {
  await keep([node("q", null, said("Hello"))]);
  const { use } = store.database;
  let named;
  store.database.use = (names, ...others) => use.call(store.database, (named = names), ...others);
  await store.rename("c1", "Fruit", () => at(5));
  assert.equal(named, "conversations");
});

test("a tab that saw less of an answer than is kept takes nothing of it back, and one that saw more adds to it", async () => {
  await keep([node("a", null, "word by word, done")]);
  await keep([node("a", null, "word by word")]);
  assert.deepEqual((await store.load("c1")).nodes, [node("a", null, "word by word, done")]);
  await keep([node("a", null, "word by word, done, and more")]);
  assert.deepEqual((await store.load("c1")).nodes, [node("a", null, "word by word, done, and more")]);
});

test("what comes late of a conversation that was deleted does not bring it back; an import does", async () => {
  await keep([node("q", null, said("Hello"))]);
  await store.delete("c1", at(3));
  assert.equal(await keep([node("a", "q", "Hi!")], { second: 5, whole: true }), "deleted");
  assert.equal(await store.rename("c1", "Fruit", () => at(6)), null);
  assert.deepEqual([await store.rows(), await store.load("c1"), await store.words()], [[], null, new Map()]);
  await store.save(save([node("q", null, said("Hello"))], { whole: true }), NONE, true);
  assert.deepEqual(ids((await store.load("c1")).nodes), ["q"]);
  assert.deepEqual((await store.rows()).map((row) => row.id), ["c1"]);
});

test("a picture goes with the last message that names it, and not before", async () => {
  const pictures = new Map(["1.png", "2.png"].map((name) => [name, new Blob([name])]));
  await store.save(save([node("q", null, said("Look", "1.png", "2.png"))]), pictures);
  await store.save(save([node("q", null, said("Look", "2.png"))], { id: "c2" }), NONE);
  assert.deepEqual(await store.lacking(["1.png", "2.png", "3.png"]), ["3.png"]);
  assert.equal(await (await store.picture("1.png")).text(), "1.png");
  await store.delete("c1", at(1));
  assert.deepEqual(await store.lacking(["1.png", "2.png"]), ["1.png"]);
  await store.save(save([node("q", null, said("Look, and say which of these you would take"))], { id: "c2" }), NONE);
  assert.deepEqual(await store.lacking(["2.png"]), ["2.png"]);
});

test("that a message hangs on one which is not kept is noticed, and it is kept all the same", async () => {
  assert.equal((await keep([node("b", "a", "Hi!")])).isLacking, true);
  assert.equal((await keep([node("c", "b", "More")])).isLacking, false);
  assert.deepEqual(ids((await store.load("c1")).nodes), ["b", "c"]);
});

test("a search has the words of all messages that are done, in lower case, each once, and no end of them", async () => {
  await keep([node("q", null, said("APPLES")), node("a", "q", "Gru")], { growing: "a" });
  await keep([node("q", null, said("APPLES")), node("a", "q", "Gruyère")]);
  await keep([node("q", null, said("APPLES")), node("a", "q", "Gruyère")]);
  assert.deepEqual([...(await store.words())], [["c1", "apples gruyère"]]);
  const { newWords } = await keep([node("b", "a", "x".repeat(50_000))]);
  assert.equal((await store.words()).get("c1").length, 20_000);
  assert.equal(newWords.length, 20_000 - "apples gruyère".length);
  assert.equal((await keep([node("c", "b", "more")])).newWords, "");
});

test("a search has the names of files and how they begin, and an image's place stands in a name for it", async () => {
  const file = { name: "Umsatz.CSV", content: `Äpfel,${"7,".repeat(5_000)}` };
  const parts = [{ path: "1.png", mark: 0 }, file, { text: "Is " }, { path: "2.png", mark: 2 }, { text: " ripe?" }];
  const asked = { id: "q", parent: null, message: { parts }, asked: null };
  await keep([asked]);
  const words = (await store.words()).get("c1");
  assert.match(words.replace(/(7,)+/, "7,"), /^umsatz\.csv äpfel,7, is {3}ripe\?$/);
  assert.ok(words.length < 4_100);
  assert.equal(nameOf([asked]), "Is [2] ripe?");
  assert.equal(nameOf([node("e", null, { ...said("Before"), example: "e" }), asked]), "Is [2] ripe?");
  assert.equal(nameOf([{ ...asked, message: { parts: [file] } }]), "Umsatz.CSV");
});

test("a transaction that fails changes nothing, and says what it was", async () => {
  await keep([node("q", null, said("Hello"))]);
  const unclonable = new Map([["1.png", () => {}]]);
  await assert.rejects(store.save(save([node("a", "q", "Hi!")]), unclonable), { name: "Error", failure: "failed" });
  assert.deepEqual(ids((await store.load("c1")).nodes), ["q"]);
});

for (const [failure, forbid] of [
  ["forbidden", () => delete globalThis.indexedDB],
  ["forbidden", () => Object.defineProperty(globalThis, "indexedDB", FORBIDDEN)],
  ["forbidden", () => (indexedDB.open = throws("InvalidStateError"))],
  ["full", () => (indexedDB.open = throws("QuotaExceededError"))],
  ["newer", () => (indexedDB.open = throws("VersionError"))],
])
  test(`a database that cannot be opened (${failure}: ${forbid}) is said, and tried again`, async () => {
    forbid();
    await assert.rejects(keep([]), { failure });
    delete globalThis.indexedDB;
    freshBrowser();
    await keep([]);
    assert.equal((await store.rows()).length, 1);
  });

test("a tab with a newer version has this one let go of the database, and say so", async () => {
  await keep([]);
  const said = [];
  store.database.changed = (failed) => said.push(failed.failure);
  await new Promise((done) => (indexedDB.open("mistral-chat", 3).onsuccess = done));
  assert.deepEqual(said, ["newer"]);
  await assert.rejects(keep([]), { failure: "newer" });
});

test("while a tab with an older version holds it nothing waits, and once it is closed all goes on", async () => {
  const older = await new Promise((done) => {
    const request = indexedDB.open("mistral-chat", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("documents", { keyPath: "id" });
      request.result.createObjectStore("pictures");
    };
    request.onsuccess = () => done(request.result);
  });
  await assert.rejects(keep([]), { failure: "blocked" });
  await assert.rejects(keep([]), { failure: "blocked" });
  const free = new Promise((done) => (store.database.changed = done));
  older.close();
  assert.equal(await free, null);
  await keep([]);
  assert.equal((await store.rows()).length, 1);
});

test("a database that is closed as often as it is opened is one that failed, and is tried again", async () => {
  await keep([]);
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = throws("InvalidStateError");
  await assert.rejects(keep([]), { failure: "failed" });
  IDBDatabase.prototype.transaction = transaction;
  assert.equal((await store.rows()).length, 1);
});

test("an upgrade that waited for an older tab, and then failed, is told, and tried again", async () => {
  const { open } = indexedDB;
  const request = {};
  indexedDB.open = () => request;
  const kept = keep([]), told = [];
  store.database.changed = (failed) => told.push(failed?.failure);
  await new Promise((done) => setTimeout(done));
  request.onblocked();
  await assert.rejects(kept, { failure: "blocked" });
  request.error = new DOMException("no", "AbortError");
  request.onerror();
  assert.deepEqual(told, ["unprepared"]);
  indexedDB.open = open;
  await keep([]);
  assert.equal((await store.rows()).length, 1);
});

test("a database that was deleted under the page is made anew", async () => {
  await keep([node("q", null, said("Hello"))]);
  await new Promise((done) => (indexedDB.deleteDatabase("mistral-chat").onsuccess = done));
  assert.equal((await keep([node("a", "q", "Hi!")])).isNew, true);
});
