// The list of conversations: found by title and words, the newest first.

import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyText, found, renamed, replacing } from "../../assets/page/history/entries.js";

const APPLES = { id: "a", title: "Apples", words: "fruit keeps longest", updated: "2026-01-01T10:00:00.000+00:00" };
const PEARS = { id: "b", title: "Pears", words: "a recipe with Gruyère", updated: "2026-03-01T10:00:00.000+00:00" };
const PLUMS = { id: "c", title: "Plums", words: "", updated: "2026-02-01T10:00:00.000+00:00" };
const ALL = [APPLES, PEARS, PLUMS];

const titles = (wanted) => found(ALL, wanted).map((entry) => entry.title);

test("the newest stands first, and the list itself stays as it was", () => {
  assert.deepEqual(titles(""), ["Pears", "Plums", "Apples"]);
  assert.deepEqual(ALL, [APPLES, PEARS, PLUMS]);
});

test("a conversation is found by its title and by what was said in it, however it is spelt", () => {
  assert.deepEqual(titles("pear"), ["Pears"]);
  assert.deepEqual(titles("FRUIT keeps"), ["Apples"]);
  assert.deepEqual(titles("gruyÈre"), ["Pears"]);
  assert.deepEqual(titles("plu"), ["Plums"]);
});

test("signs of patterns are looked for as they are, and what is nowhere is not found", () => {
  assert.deepEqual(titles(".*"), []);
  assert.deepEqual(titles("("), []);
  assert.deepEqual(titles("cherries"), []);
});

test("an empty list says why it is empty", () => {
  assert.equal(emptyText(0, "cherries"), "Nothing found.");
  assert.equal(emptyText(0, ""), "Conversations will stand here.");
  assert.equal(emptyText(2, "p"), "");
});

test("a title that a person gave outlives the end of an answer that still has the old one", () => {
  const kept = { ...APPLES, body: '{"title": "Apples", "messages": [1]}' };
  const fruit = renamed(kept, "Fruit");
  assert.deepEqual(JSON.parse(fruit.body), { title: "Fruit", messages: [1] });
  const longer = { ...kept, body: '{"title": "Apples", "messages": [1, 2]}' };
  const after = replacing(longer, fruit);
  assert.equal(after.title, "Fruit");
  assert.equal(replacing(longer, after).title, "Fruit");
  assert.equal(after.body, longer.body);
  assert.deepEqual(replacing(longer, kept), longer);
  assert.deepEqual(replacing(longer, undefined), longer);
});
