// What the views beside the conversation reckon without a page: the tokens of a run, and what is wrong with a decision.

import assert from "node:assert/strict";
import { test } from "node:test";
import { problemOf } from "../../assets/page/views/approval.js";
import { sideBy } from "../../assets/page/views/compare.js";
import { inWord, named, othersOf, percent, wordBy } from "../../assets/page/views/sureness.js";
import { tokensOf } from "../../assets/page/views/tokens.js";

test("each token of a run has its text and its id", () => {
  assert.deepEqual(tokensOf("Who is", "12 7", "3 3"), [{ ids: "12", text: "Who" }, { ids: "7", text: " is" }]);
});

test("characters beyond 16 bits count as one", () => {
  assert.deepEqual(tokensOf("a👩b", "1 2 3", "1 1 1").map(({ text }) => text), ["a", "👩", "b"]);
});

test("ids of parts of one character stand together at it", () => {
  assert.deepEqual(tokensOf("👩b", "1 2 3 4", "0 0 1 1"), [{ ids: "1 2 3", text: "👩" }, { ids: "4", text: "b" }]);
  assert.deepEqual(tokensOf("a", "1 2", "1 0"), [{ ids: "1", text: "a" }, { ids: "2", text: "" }]);
});

test("an arrow leads to the other tab of a comparison, round and round, and Home and End to the first and the last", () => {
  const leadsTo = (/** @type {string} */ key) => ["a", "b"].map((from) => sideBy(key, from));
  for (const arrow of ["ArrowLeft", "ArrowRight"]) assert.deepEqual(leadsTo(arrow), ["b", "a"]);
  assert.deepEqual(leadsTo("Home"), ["a", "a"]);
  assert.deepEqual(leadsTo("End"), ["b", "b"]);
  for (const other of ["ArrowUp", "Tab", "Enter", "a"]) assert.deepEqual(leadsTo(other), [null, null]);
});

test("arguments that are no JSON are not sent, and a result has to be there", () => {
  for (const verdict of ["once", "always"]) {
    assert.notEqual(problemOf(verdict, '{"a": '), "");
    assert.equal(problemOf(verdict, '{"a": 1}'), "");
    assert.equal(problemOf(verdict, " "), "");
  }
  assert.notEqual(problemOf("result", " "), "");
  assert.equal(problemOf("result", "4"), "");
  assert.notEqual(problemOf("result", " ", true), problemOf("result", " "));
  assert.equal(problemOf("deny", "", true), "");
  for (const verdict of ["deny", "error"]) assert.equal(problemOf(verdict, ""), "");
});

test("an arrow leads to the next marked word and the one before, and none goes past the ends", () => {
  assert.deepEqual(["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "Home", "End"].map((key) => wordBy(key, 1, 4)), [2, 2, 0, 0, 0, 3]);
  assert.equal(wordBy("ArrowRight", 3, 4), 3);
  assert.equal(wordBy("ArrowLeft", 0, 4), 0);
  assert.equal(wordBy("Enter", 1, 4), null);
});

test("what else could have come is read from what the server wrote, and nothing from anything else", () => {
  assert.deepEqual(othersOf('[[0," ocean",0.3],[2,"",0.01]]'), [
    { number: 0, text: " ocean", likely: 0.3 }, { number: 2, text: "", likely: 0.01 },
  ]);
  assert.deepEqual([othersOf(""), othersOf("{}"), othersOf("[")], [[], [], []]);
});

test("a probability and a token are told as a person reads them", () => {
  assert.deepEqual([0.3, 0.996, 0.004].map(percent), ["30%", "100%", "under 1%"]);
  assert.deepEqual([inWord("Th", "ere"), inWord("Th", " ere"), inWord("Th", ",")], ["There", " ere", ","]);
  assert.deepEqual([" ocean", "\n", "  "].map(named), ["ocean", "↵", "␣␣"]);
});
