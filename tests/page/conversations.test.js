// Keeping, opening, renaming and deleting conversations: what the browser has then, and what the server is asked.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Commands } from "../../assets/page/commands.js";
import { Conversations } from "../../assets/page/history/conversations.js";

/** The browser's store, in memory. */
class Store {
  documents = new Map();
  pictures = new Map();
  entries = async () => [...this.documents.values()];
  entry = async (id) => this.documents.get(id);
  keepEntry = async (entry) => void this.documents.set(entry.id, entry);
  dropEntry = async (id) => void this.documents.delete(id);
  pictureNames = async () => [...this.pictures.keys()];
  hasPicture = async (name) => this.pictures.has(name);
  picture = async (name) => this.pictures.get(name);
  keepPicture = async (name, picture) => void this.pictures.set(name, picture);
  dropPicture = async (name) => void this.pictures.delete(name);
}

function entry(id, ...paths) {
  const body = JSON.stringify({ title: "Apples", images: paths.map((path) => ({ path })) });
  return { id, title: "Apples", words: "", updated: "2026-01-01", body };
}

let store, session, asked, downloaded, uploaded, kept, archive;

beforeEach(() => {
  store = new Store();
  session = new Map();
  [asked, downloaded, uploaded] = [[], [], []];
  const surroundings = {
    commands: new Commands((event, data) => asked.push(JSON.parse(JSON.stringify(data)))),
    upload: async (file) => {
      uploaded.push([file.name, file.type, await file.text()]);
      return { path: `/new/${uploaded.length}.png` };
    },
    download: async (path) => {
      downloaded.push(path);
      return path.includes("lost") ? null : new Blob([path]);
    },
    session: { getItem: (key) => session.get(key) ?? null, setItem: (key, value) => session.set(key, value) },
  };
  kept = new Conversations({ ...surroundings, store });
  archive = new Conversations({ ...surroundings, store: null });
});

test("a conversation is kept with its pictures, each fetched once", async () => {
  await kept.save(entry("a", "/tmp/1.png", "/tmp/2.png"));
  await kept.save(entry("a", "/tmp/1.png", "/tmp/2.png", "/tmp/3.png"));
  assert.deepEqual(downloaded, ["/tmp/1.png", "/tmp/2.png", "/tmp/3.png"]);
  assert.equal(await store.pictures.get("2.png").text(), "/tmp/2.png");
});

test("a picture that the server has lost does not keep the conversation from being kept", async () => {
  await kept.save(entry("a", "/tmp/lost.png", "/tmp/1.png"));
  assert.ok(store.documents.has("a"));
  assert.deepEqual([...store.pictures.keys()], ["1.png"]);
});

test("one that is opened brings its pictures along, to where the server has them from now on", async () => {
  await kept.save(entry("a", "/tmp/lost.png", "/tmp/1.png", "/tmp/1.png"));
  await kept.open("a");
  assert.deepEqual(uploaded, [["1.png", "image/png", "/tmp/1.png"]]);
  const [{ body, ...command }] = asked;
  assert.deepEqual(command, { do: "open", id: "a", again: false });
  assert.deepEqual(JSON.parse(body).images.map((image) => image.path), ["/tmp/lost.png", "/new/1.png", "/new/1.png"]);
});

test("one that is not kept is not asked for, except where the server has lost it and is to say so", async () => {
  await kept.open("gone");
  assert.deepEqual(asked, []);
  await kept.open("gone", true);
  assert.deepEqual(asked, [{ do: "open", id: "gone", again: true }]);
});

test("what was deleted while its answer was written does not come back with the answer's end", async () => {
  await kept.save(entry("a", "/tmp/1.png"));
  await kept.delete("a");
  await kept.save(entry("a", "/tmp/1.png"));
  assert.equal(store.documents.size, 0);
  assert.deepEqual(asked, [{ do: "delete", id: "a" }]);
});

test("deleting one leaves the pictures that another names", async () => {
  await kept.save(entry("a", "/tmp/1.png", "/tmp/2.png"));
  await kept.save(entry("b", "/tmp/2.png"));
  await kept.delete("a");
  assert.deepEqual([...store.pictures.keys()], ["2.png"]);
  assert.deepEqual(kept.entries.map((each) => each.id), ["b"]);
});

test("a conversation that is deleted while it is shown is not opened again by a reload", async () => {
  kept.remember("a");
  await kept.save(entry("a"));
  await kept.delete("b");
  assert.equal(session.get("current"), "a");
  await kept.delete("a");
  assert.equal(session.get("current"), "");
});

test("a new title is seen at once and holds when an answer ends later", async () => {
  await kept.save(entry("a"));
  await kept.rename("a", "Fruit");
  await kept.save(entry("a"));
  await kept.refresh();
  assert.deepEqual(kept.entries.map((each) => each.title), ["Fruit"]);
  assert.deepEqual(asked, [{ do: "rename", id: "a", title: "Fruit" }]);
});

test("where the server has an archive, it is asked and this browser keeps nothing", async () => {
  await archive.save(entry("a", "/tmp/1.png"));
  await archive.open("a");
  await archive.rename("a", "Fruit");
  await archive.delete("a");
  assert.deepEqual(asked, [
    { do: "open", id: "a", again: false }, { do: "rename", id: "a", title: "Fruit" }, { do: "delete", id: "a" },
  ]);
  assert.deepEqual([store.documents.size, downloaded], [0, []]);
});
