// Opening, renaming and deleting conversations: what the browser has then, and what the server is asked.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Commands } from "../../assets/page/commands.js";
import { Conversations } from "../../assets/page/history/conversations.js";
import { ServerSearch, WordSearch } from "../../assets/page/history/search.js";
import { TabStorage } from "../../assets/page/session/tab_storage.js";
import { StoreFailed } from "../../assets/page/store/failures.js";
import { Keeper } from "../../assets/page/store/keeper.js";
import { Store } from "../../assets/page/store/store.js";
import { at, freshBrowser, node, said, save } from "./support.js";

const Q = node("q", null, said("Hello", "/tmp/s/1.png", "/tmp/s/lost.png", "/tmp/s/1.png"));
let kept, archive, asked, uploaded, told, others, tab;

beforeEach(() => {
  freshBrowser();
  [asked, uploaded, told, others] = [[], [], [], []];
  tab = new TabStorage(() => ({ getItem: () => null, setItem: () => {} }));
  const commands = new Commands((event, data) => asked.push(JSON.parse(JSON.stringify(data))));
  const surroundings = {
    commands,
    tab,
    upload: async (file) => {
      uploaded.push([file.name, file.type, await file.text()]);
      return { path: `/new/${uploaded.length}` };
    },
    tell: (trouble) => told.push(trouble),
    tellTabs: (change) => others.push(change),
  };
  const keeper = new Keeper({
    store: new Store(),
    download: async (path) => (path.includes("lost") ? null : new Blob([path])),
    sync: () => {},
    tell: (trouble) => told.push(trouble),
    settled: () => {},
    persist: () => {},
  });
  kept = new Conversations({ ...surroundings, keeper, search: new WordSearch(() => keeper.store.words()) });
  archive = new Conversations({ ...surroundings, keeper: null, search: new ServerSearch(() => {}) });
});

test("one that is opened is handed over as a file, after its pictures, each once, under their new paths", async () => {
  await kept.keeper.save(save([Q]));
  assert.equal(await kept.open("c1", { text: "a draft" }), true);
  assert.deepEqual(uploaded[0], ["1.png", "image/png", "/tmp/s/1.png"]);
  assert.match(uploaded[1][0], /^conversation-[0-9a-f]{16}\.json$/);
  assert.equal(uploaded[1][1], "application/json");
  const document = JSON.parse(uploaded[1][2]);
  assert.deepEqual([document.format, document.id, document.leaf], ["mistral-chat/2", "c1", "q"]);
  assert.deepEqual(document.nodes[0].message.parts.slice(1).map((part) => part.path), ["/new/1", "lost.png", "/new/1"]);
  assert.deepEqual(asked, [{ do: "open", id: "c1", body: "/new/2", again: false, text: "a draft" }]);
});

test("what several tabs hand over of one conversation are several files: each goes once it is read", async () => {
  await kept.keeper.save(save([Q]));
  await kept.open("c1");
  await kept.open("c1", { again: true });
  assert.notEqual(uploaded[1][0], uploaded.at(-1)[0]);
});

test("the one that the page shows need not be opened; after a reload, or where the server has lost it, it may", async () => {
  kept.remember("c1");
  assert.equal(kept.isShown("c1"), false);
  assert.deepEqual([kept.show("c1"), kept.isShown("c1"), kept.isShown("c2")], [false, true, false]);
  assert.deepEqual([kept.show("c2"), kept.current, tab.get("current")], [true, "c2", "c2"]);
  await kept.open("c2", { again: true });
  assert.deepEqual([kept.isShown("c2"), kept.current], [false, "c2"]);
  kept.show("c2");
  await kept.delete("c2");
  assert.deepEqual([kept.current, kept.isShown("c2"), kept.isShown("")], ["", false, false]);
});

test("one of any size can be opened again", async () => {
  await kept.keeper.save(save([node("q", null, said("x".repeat(9_000_000)))]));
  await kept.open("c1");
  assert.ok(uploaded[0][2].length > 9_000_000);
  assert.ok(JSON.stringify(asked).length < 200);
});

test("one that is not kept is not asked for, except where the server has lost it and is to say so", async () => {
  assert.equal(await kept.open("gone"), false);
  assert.deepEqual(asked, []);
  await kept.open("gone", { again: true });
  assert.deepEqual(asked, [{ do: "open", id: "gone", again: true }]);
});

test("one that cannot be read now is not taken for one that was deleted: this is told", async () => {
  await kept.keeper.save(save([Q]));
  kept.keeper.store.load = async () => {
    throw new StoreFailed("failed");
  };
  assert.equal(await kept.open("c1"), false);
  assert.deepEqual([told, asked, kept.entries.length], [["failed"], [], 1]);
  assert.deepEqual(await kept.refresh(), true);
});

test("where the server cannot be reached this is told, and nothing is asked of it", async () => {
  await kept.keeper.save(save([Q]));
  kept.upload = async () => {
    throw new Error("no network");
  };
  await kept.open("c1");
  assert.deepEqual([told, asked], [["unsent"], []]);
});

test("a list shows each save at once, the newest title, and a mark where a part could not be kept", async () => {
  await kept.keeper.save(save([Q]));
  assert.deepEqual(kept.entries, [{ id: "c1", title: "Apples", updated: at(0), isHeld: false }]);
  await kept.rename("c1", "Fruit");
  await kept.keeper.save(save([node("a", "q", "Hi!")], { second: 4 }));
  assert.deepEqual(kept.entries, [{ id: "c1", title: "Fruit", updated: at(4), isHeld: false }]);
  assert.deepEqual(asked, [{ do: "rename", id: "c1", title: "Fruit" }]);
  kept.keeper.store.database.isOutdated = true;
  await kept.keeper.save(save([node("b", "a", "More")], { second: 5 }));
  await kept.keeper.save(save([Q], { id: "c2", name: "Pears" }));
  const marked = kept.entries.map((entry) => [entry.id, entry.title, entry.isHeld]);
  assert.deepEqual(marked, [["c1", "Fruit", true], ["c2", "Pears", true]]);
});

test("other tabs are told, and what they tell is in the list and in what a search finds", async () => {
  await kept.search.ask();
  await kept.keeper.save(save([Q]));
  assert.deepEqual(others, [{ id: "c1", words: "hello" }]);
  await new Store().save(save([node("x", null, said("Plums"))], { id: "c2", name: "Plums" }), new Map());
  await kept.changedElsewhere([{ id: "c2", words: "plums" }]);
  assert.deepEqual(kept.entries.map((entry) => entry.id), ["c1", "c2"]);
  assert.deepEqual(["c1", "c2"].map((id) => kept.search.isFound(id, "plum")), [false, true]);
});

test("a conversation that is deleted while it is shown is not opened again by a reload", async () => {
  kept.remember("c1");
  await kept.keeper.save(save([Q]));
  await kept.delete("c2");
  assert.equal(tab.get("current"), "c1");
  await kept.delete("c1");
  assert.deepEqual([tab.get("current"), kept.entries], ["", []]);
  assert.deepEqual(asked.map((each) => each.do), ["delete", "delete"]);
});

test("a rename of what another tab has deleted brings nothing back", async () => {
  await kept.keeper.save(save([Q]));
  await new Store().delete("c1", at(1));
  await kept.rename("c1", "Fruit");
  assert.deepEqual([kept.entries, asked], [[], []]);
});

test("what cannot be deleted because the browser does not let the page is told, and stays", async () => {
  await kept.keeper.save(save([Q]));
  kept.keeper.store.database.isOutdated = true;
  await kept.delete("c1");
  assert.deepEqual([new Set(told), kept.entries.length, asked], [new Set(["newer"]), 1, []]);
  kept.keeper.store.database.isOutdated = false;
  await kept.keeper.save(save([node("a", "q", "Hi!")]));
  assert.equal((await kept.keeper.document("c1")).nodes.length, 2);
});

test("what is done with the archive in one tab is asked for by the others, and told on by none of them", async () => {
  const entries = [{ id: "c1", title: "Apples", updated: at(1) }];
  await archive.refresh();
  archive.list([]);
  assert.deepEqual([asked.splice(0), others], [[{ do: "list" }], []]);
  archive.list(entries); // with what came of a message
  archive.list(entries);
  assert.deepEqual(others, [{}]);
  await archive.changedElsewhere([{}]);
  archive.list([...entries, { id: "c2", title: "Pears", updated: at(2) }]);
  assert.deepEqual([asked, others.length, archive.entries.length], [[{ do: "list" }], 1, 2]);
});

test("where the server has an archive, it is asked and this browser keeps nothing", async () => {
  archive.list([{ id: "c1", title: "Apples", updated: at(0) }]);
  await archive.open("c1");
  await archive.rename("c1", "Fruit");
  await archive.delete("c1");
  assert.deepEqual(asked, [
    { do: "open", id: "c1", again: false }, { do: "rename", id: "c1", title: "Fruit" }, { do: "delete", id: "c1" },
  ]);
});
