// The list of conversations: found by title and words, the newest first.

import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyText, found, heading } from "../../assets/page/history/entries.js";
import { ServerSearch, WordSearch } from "../../assets/page/history/search.js";

const APPLES = { id: "a", title: "Apples", updated: "2026-01-01T10:00:00.000+00:00" };
const PEARS = { id: "b", title: "Pears", updated: "2026-03-01T10:00:00.000+00:00" };
const PLUMS = { id: "c", title: "Plums", updated: "2026-03-01T09:00:00.000Z" };
const ALL = [APPLES, PEARS, PLUMS];
const WORDS = new Map([["a", "fruit keeps longest"], ["b", "a recipe with gruyère"]]);

const titles = (wanted) =>
  found(ALL, wanted, (id, text) => WORDS.get(id)?.includes(text) ?? false).map((entry) => entry.title);

test("the newest stands first, and the list itself stays as it was", () => {
  assert.deepEqual(titles(""), ["Pears", "Plums", "Apples"]);
  assert.deepEqual(ALL, [APPLES, PEARS, PLUMS]);
});

test("an example is none of the conversations that are listed", () => {
  const example = { ...PEARS, id: `example-${"a".repeat(16)}-${"0".repeat(12)}` };
  assert.deepEqual(found([example, APPLES], "", () => true), [APPLES]);
});

test("a conversation is found by its title and by what was said in it, however it is spelt", () => {
  assert.deepEqual(titles("pear"), ["Pears"]);
  assert.deepEqual(titles("FRUIT keeps"), ["Apples"]);
  assert.deepEqual(titles("gruyÈre"), ["Pears"]);
  assert.deepEqual(titles("plu"), ["Plums"]);
});

test("signs of patterns are looked for as they are, and what is nowhere is not found", () => {
  for (const wanted of [".*", "(", "cherries"]) assert.deepEqual(titles(wanted), []);
});

test("an empty list says why it is empty", () => {
  assert.equal(emptyText(0, "cherries", true), "No chats match “cherries”.");
  assert.equal(emptyText(0, "", true), "Your chats will appear here.");
  assert.equal(emptyText(0, "", false), "Loading your chats…");
  assert.equal(emptyText(2, "p", true), "");
});

test("chats stand under the day on which they last changed, by the calendar here", () => {
  const now = new Date(2026, 2, 30, 0, 10);
  const under = (/** @type {number[]} */ ...at) => heading({ id: "a", title: "A", updated: new Date(...at).toISOString() }, now);
  assert.equal(under(2026, 2, 30, 0, 1), "Today");
  assert.equal(under(2026, 2, 31, 9), "Today"); // by another clock
  assert.equal(under(2026, 2, 29, 23, 59), "Yesterday");
  assert.equal(under(2026, 2, 28, 0, 0), "Last 7 days"); // the night before has an hour less in much of Europe
  assert.equal(under(2026, 2, 24), "Last 7 days");
  assert.equal(under(2026, 2, 23, 23), "March");
  assert.equal(under(2025, 11, 31), "December 2025");
});

test("the words are read once, when somebody searches, and what is said from then on is found too", async () => {
  let reads = 0;
  const search = new WordSearch(async () => {
    reads += 1;
    return new Map([["a", "kept"]]);
  });
  search.add("a", " before");
  const asked = search.ask();
  search.add("a", " meanwhile");
  await Promise.all([asked, search.ask()]);
  search.add("a", " after");
  search.add("b", "new");
  const isFound = (id, text) => search.isFound(id, text);
  for (const [id, text] of [["a", "kept"], ["a", "meanwhile"], ["a", "after"], ["b", "new"]])
    assert.ok(isFound(id, text), text);
  assert.equal(reads, 1);
  search.forget();
  await search.ask();
  assert.deepEqual([isFound("a", "kept"), isFound("b", "new"), reads], [true, false, 2]);
});

test("the archive is asked a moment after the last key, and its answer to an earlier one is passed over", async () => {
  const asked = [];
  const search = new ServerSearch((text) => asked.push(text));
  for (const wanted of ["a", "ap", "app", "app"]) search.ask(wanted);
  await new Promise((done) => setTimeout(done, 250));
  assert.deepEqual(asked, ["app"]);
  search.answered({ text: "ap", ids: ["b"] });
  assert.equal(search.isFound("b"), false);
  search.answered({ text: "app", ids: ["a"] });
  assert.equal(search.isFound("a"), true);
  search.ask("");
  await new Promise((done) => setTimeout(done, 250));
  assert.deepEqual([asked.length, search.isFound("a")], [1, false]);
});
