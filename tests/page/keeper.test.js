// Keeping what the server hands over where the browser lets the page, and losing none of it where it does not.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { StoreFailed } from "../../assets/page/store/failures.js";
import { Keeper } from "../../assets/page/store/keeper.js";
import { Store } from "../../assets/page/store/store.js";
import { at, freshBrowser, ids, node, said, save } from "./support.js";

const Q = node("q", null, said("Hello", "/tmp/secret1/1.png")), A = node("a", "q", "Hi!"), B = node("b", "a", "More.");
let store, keeper, told, downloaded, synced, settled, persisted, answers;

beforeEach(() => {
  freshBrowser();
  store = new Store();
  [told, downloaded, synced, settled, persisted, answers] = [[], [], [], 0, 0, {}];
  keeper = newKeeper();
});

const newKeeper = () =>
  new Keeper({
    store,
    download: async (path) => {
      downloaded.push(path);
      return path in answers ? answers[path] : new Blob([path]);
    },
    sync: (id, have) => synced.push([id, have]),
    tell: (trouble) => told.push(trouble),
    settled: () => (settled += 1),
    persist: () => (persisted += 1),
  });

/** Has the browser refuse what would be written, until it is let. */
function refuse(failure = "full") {
  const { write } = store;
  store.write = async () => {
    throw new StoreFailed(failure);
  };
  return () => (store.write = write);
}

test("pictures are fetched once, and known by their own name whatever folder the server has them in", async () => {
  await keeper.save(save([Q]));
  await keeper.save(save([node("q2", "q", said("Again", "/tmp/secret2/1.png"))], { second: 1 }));
  assert.deepEqual(downloaded, ["/tmp/secret1/1.png"]);
  const { nodes } = await keeper.document("c1");
  assert.deepEqual(nodes.map((each) => each.message.parts[1].path), ["1.png", "1.png"]);
  assert.equal(await (await keeper.picture("c1", "1.png")).text(), "/tmp/secret1/1.png");
});

test("a picture that the server has lost holds nothing up; one out of reach comes with the next save", async () => {
  answers = { "/tmp/secret1/1.png": undefined, "/tmp/2.png": null };
  await keeper.save(save([Q, node("q2", "q", said("Two", "/tmp/2.png"))]));
  answers = {};
  await keeper.save(save([A]));
  assert.deepEqual(downloaded, ["/tmp/secret1/1.png", "/tmp/2.png", "/tmp/secret1/1.png"]);
  assert.ok(await keeper.picture("c1", "1.png"));
  assert.equal(await keeper.picture("c1", "2.png"), null);
});

test("a message is kept before its picture is there, and asked for again where that never came", async () => {
  answers = { "/tmp/secret1/1.png": new Promise(() => {}) };
  keeper.save(save([Q]));
  await new Promise((done) => setTimeout(done, 50));
  assert.deepEqual(ids((await store.load("c1")).nodes), ["q"]);
  const reloaded = (keeper = newKeeper());
  assert.deepEqual(await reloaded.have("c1"), []);
  answers = {};
  await reloaded.save(save([Q, A], { whole: true }));
  assert.deepEqual([await reloaded.have("c1"), await store.lacking(["1.png"])], [["q", "a"], []]);
});

test("the browser is asked to keep it all once there is something", async () => {
  assert.equal(persisted, 0);
  await keeper.save(save([Q]));
  await keeper.save(save([A]));
  assert.equal(persisted, 1);
});

test("what the browser refuses is held, told, can be opened and exported, and is kept with the next save", async () => {
  await keeper.save(save([Q]));
  const allow = refuse();
  settled = 0;
  await keeper.save(save([A], { second: 1 }));
  await keeper.save(save([A, B], { second: 2 }));
  await keeper.save(save([node("x", null, said("Other", "/tmp/9.png"))], { id: "c2" }));
  assert.deepEqual([keeper.isHeld("c1"), keeper.isHeld("c2"), new Set(told)], [true, true, new Set(["full"])]);
  assert.deepEqual(ids((await keeper.document("c1")).nodes), ["q", "a", "b"]);
  assert.equal((await keeper.document("c1")).leaf, "b");
  assert.deepEqual(await keeper.have("c1"), ["q", "a", "b"]);
  assert.equal(await (await keeper.picture("c2", "9.png")).text(), "/tmp/9.png");
  assert.deepEqual(ids((await store.load("c1")).nodes), ["q"]);
  allow();
  await keeper.save(save([node("c", "b", "Even more.")], { second: 3 }));
  assert.deepEqual([keeper.isHeld("c1"), keeper.isHeld("c2"), settled > 0], [false, false, true]);
  assert.deepEqual(ids((await store.load("c1")).nodes), ["q", "a", "b", "c"]);
  assert.deepEqual(ids((await store.load("c2")).nodes), ["x"]);
  assert.ok(await store.picture("9.png"));
});

test("deleting a conversation makes room for what was held", async () => {
  await keeper.save(save([Q], { id: "old" }));
  const allow = refuse();
  settled = 0;
  await keeper.save(save([A]));
  allow();
  await keeper.delete("old");
  assert.deepEqual([keeper.isHeld("c1"), settled > 0], [false, true]);
  assert.deepEqual((await store.rows()).map((row) => row.id), ["c1"]);
});

/** A picture that is on its way until it is let come. */
function slow(path) {
  let come;
  answers = { [path]: new Promise((done) => (come = () => done(new Blob([path])))) };
  return async () => {
    come();
    answers = {};
  };
}

const soon = () => new Promise((done) => setTimeout(done, 50));

test("what comes to be held while a slow picture of what was held before arrives stays held, and is kept next", async () => {
  let allow = refuse();
  answers = { "/tmp/secret1/1.png": undefined };
  await keeper.save(save([Q]));
  allow();
  const come = slow("/tmp/secret1/1.png");
  const retry = keeper.retry();
  await soon();
  allow = refuse();
  const failing = keeper.save(save([A], { second: 1 }));
  await soon();
  await come();
  await Promise.all([retry, failing]);
  assert.equal(keeper.isHeld("c1"), true);
  assert.deepEqual(ids((await keeper.document("c1")).nodes), ["q", "a"]);
  allow();
  await keeper.retry();
  assert.equal(keeper.isHeld("c1"), false);
  assert.deepEqual(ids((await store.load("c1")).nodes), ["q", "a"]);
});

test("a title that is given while what was held is kept is kept too", async () => {
  const allow = refuse();
  answers = { "/tmp/secret1/1.png": undefined };
  await keeper.save(save([Q]));
  allow();
  const come = slow("/tmp/secret1/1.png");
  const retry = keeper.retry();
  await soon();
  refuse();
  const rename = store.rename;
  store.rename = async () => null;
  await keeper.rename("c1", "Fruit");
  store.rename = rename;
  allow();
  await come();
  await retry;
  assert.deepEqual([keeper.isHeld("c1"), (await store.rows())[0].name], [false, "Fruit"]);
});

test("a try that fails late takes nothing back of what has come, or was renamed, meanwhile", async () => {
  const allow = refuse();
  answers = { "/tmp/secret1/1.png": null };
  await keeper.save(save([Q, node("a", "q", "Hi")], { growing: "a" }));
  let fail;
  store.write = () => new Promise((_, failed) => (fail = () => failed(new StoreFailed("full"))));
  const late = keeper.retry();
  await soon();
  refuse();
  await keeper.rename("c1", "Fruit");
  await keeper.save(save([A, B], { second: 2 }));
  fail();
  await late;
  const document = await keeper.document("c1");
  assert.deepEqual([ids(document.nodes), document.title, document.leaf], [["q", "a", "b"], "Fruit", "b"]);
  assert.equal(document.nodes[1].message.text, "Hi!");
  allow();
  await keeper.retry();
  const kept = await store.load("c1");
  assert.deepEqual([ids(kept.nodes), kept.name, kept.growing], [["q", "a", "b"], "Fruit", null]);
});

test("a delete that fails loses nothing of what is held, nor of what comes while it is tried", async () => {
  await keeper.save(save([Q]));
  const allow = refuse();
  await keeper.save(save([A], { second: 1 }));
  const deletion = keeper.delete("c1");
  const coming = keeper.save(save([B], { second: 2 }));
  await assert.rejects(deletion, { failure: "full" });
  await coming;
  assert.deepEqual([keeper.isHeld("c1"), ids((await keeper.document("c1")).nodes)], [true, ["q", "a", "b"]]);
  allow();
  await keeper.retry();
  assert.deepEqual(ids((await store.load("c1")).nodes), ["q", "a", "b"]);
});

test("where the browser keeps nothing at all, conversations can be opened again in the same tab", async () => {
  delete globalThis.indexedDB;
  await keeper.save(save([Q]));
  await keeper.save(save([A, B], { growing: "b" }));
  assert.deepEqual(new Set(told), new Set(["forbidden"]));
  assert.deepEqual(ids((await keeper.document("c1")).nodes), ["q", "a", "b"]);
  assert.deepEqual(await keeper.have("c1"), ["q", "a"]);
  assert.deepEqual(keeper.heldSaves().map((each) => each.name), ["Apples"]);
  await assert.rejects(keeper.document("c2"), { failure: "forbidden" });
});

test("a title that is given while nothing can be kept holds", async () => {
  const allow = refuse();
  await keeper.save(save([Q]));
  await keeper.rename("c1", "Fruit");
  allow();
  await keeper.save(save([A], { second: 5 }));
  assert.equal((await store.rows())[0].name, "Fruit");
});

test("what the browser has cleared is asked for once, whole, and this is told", async () => {
  await keeper.save(save([Q]));
  freshBrowser();
  store.database.opened = null;
  await keeper.save(save([A]));
  await keeper.save(save([A, B]));
  assert.deepEqual([synced, told], [[["c1", []]], ["cleared"]]);
  await keeper.save(save([Q, A, B], { whole: true }));
  assert.deepEqual(ids((await keeper.document("c1")).nodes), ["q", "a", "b"]);
  freshBrowser();
  store.database.opened = null;
  await keeper.save(save([B]));
  assert.equal(synced.length, 2);
});

test("where a message that others hang on never came, what is lacking is asked for", async () => {
  await keeper.save(save([Q]));
  await keeper.save(save([B]));
  assert.deepEqual([synced, told], [[["c1", ["q", "b"]]], []]);
});

test("one that was deleted here comes back with an import, and nothing is said of it; what comes late does not", async () => {
  await keeper.save(save([Q]));
  await keeper.delete("c1");
  await keeper.save(save([Q, A], { whole: true, isImport: true }));
  await keeper.save(save([B]));
  assert.deepEqual([ids((await store.load("c1")).nodes), told, synced], [["q", "a", "b"], [], []]);
  await new Store().delete("c1", at(9));
  await keeper.save(save([Q], { whole: true, isImport: true }));
  assert.deepEqual([ids((await store.load("c1")).nodes), told, synced], [["q"], [], []]);
});

test("one that was deleted here, comes back in another tab and is opened here is kept again", async () => {
  await keeper.save(save([Q]));
  await keeper.delete("c1");
  await new Store().save(save([Q], { whole: true }), new Map(), true);
  assert.ok(await keeper.document("c1"));
  await keeper.save(save([A]));
  assert.deepEqual(ids((await store.load("c1")).nodes), ["q", "a"]);
});

test("an import that the browser refuses is held, and brings the conversation back once it is let", async () => {
  await keeper.save(save([Q]));
  await keeper.delete("c1");
  const allow = refuse();
  await keeper.save(save([Q, A], { whole: true, isImport: true }));
  await keeper.save(save([B]));
  assert.deepEqual([keeper.isHeld("c1"), ids((await keeper.document("c1")).nodes)], [true, ["q", "a", "b"]]);
  allow();
  await keeper.retry();
  assert.deepEqual([keeper.isHeld("c1"), ids((await store.load("c1")).nodes)], [false, ["q", "a", "b"]]);
});

test("what need not be sent again are messages that are done, kept or held", async () => {
  await keeper.save(save([Q, node("a", "q", "Hi")], { growing: "a" }));
  assert.deepEqual(await keeper.have("c1"), ["q"]);
  refuse();
  await keeper.save(save([A, B], { growing: "b" }));
  assert.deepEqual(await keeper.have("c1"), ["q", "a"]);
});

test("a new conversation is none that was cleared", async () => {
  await keeper.save(save([Q]));
  await keeper.save(save([Q], { id: "c2" }));
  assert.deepEqual([synced, told], [[], []]);
});

test("what is deleted stays deleted when its answer ends; where another tab deleted it, this is told", async () => {
  await keeper.save(save([Q]));
  await keeper.delete("c1");
  await keeper.save(save([A]));
  assert.deepEqual([await store.rows(), told], [[], []]);
  await keeper.save(save([Q], { id: "c2" }));
  await new Store().delete("c2", at(9));
  await keeper.save(save([A], { id: "c2" }));
  assert.deepEqual([await store.rows(), told], [[], ["deleted"]]);
});
