// Conversations as documents: what is opened is what the server takes, and what is read is one of ours.

import assert from "node:assert/strict";
import { test } from "node:test";
import { documentOf, readDocument } from "../../assets/page/store/documents.js";
import { joined, moment, titledAfter } from "../../assets/page/store/saves.js";
import { at, ids, node, said, save } from "./support.js";

const counter = () => {
  let count = 0;
  return () => `new${(count += 1)}`;
};

test("a document that is read is the one that was written", () => {
  const asked = { setup: "s", settings: {} };
  const kept = save([node("q", null, said("Hello")), node("a", "q", "Hi!", asked)], {
    title: "Fruit", name: "Fruit", titled: at(3), setups: { s: { tools: [] } }, whole: true,
  });
  assert.deepEqual(readDocument(JSON.parse(JSON.stringify(documentOf(kept))), counter()), kept);
});

test("no message stands before the one that it answers, and none is left out whatever is lost", () => {
  const nodes = [node("b", "a", "2"), node("a", "q", "1"), node("q", null, said("0")), node("z", "gone", "3")];
  const document = documentOf(save(nodes, { leaf: "gone" }));
  const places = document.nodes.map(({ id, parent }) => [id, parent]);
  assert.deepEqual(places, [["q", null], ["z", null], ["a", "q"], ["b", "a"]]);
  assert.equal(document.leaf, "b");
  assert.deepEqual(ids(documentOf(save([node("x", "y", "1"), node("y", "x", "2")])).nodes), ["x", "y"]);
});

test("an answer whose request is lost in part says nothing of it", () => {
  const [{ asked }] = documentOf(save([node("a", null, "Hi!", { setup: "lost" })])).nodes;
  assert.equal(asked, null);
});

test("a document of the first format gets ids of its own", () => {
  const asked = { system_prompt: "Be brief.", tools: [], messages: [], settings: { seed: 7 } };
  const nodes = [{ parent: null, message: said("Some  fruit?\n") }, { parent: 0, message: { text: "Yes." }, asked }];
  const read = readDocument({
    format: "mistral-chat/1", id: "old", title: "", updated: at(1), model: "demo", keep: "all",
    history: { nodes, leaf: 1 },
  }, counter());
  assert.deepEqual([read.id, ids(read.nodes)], ["new4", ["new1", "new2"]]);
  assert.deepEqual([read.nodes[1].parent, read.leaf], ["new1", "new2"]);
  assert.deepEqual([read.nodes[1].asked, read.setups], [
    { settings: { seed: 7 }, setup: "new3" }, { new3: { system_prompt: "Be brief.", tools: [] } },
  ]);
  assert.deepEqual([read.name, read.panel], ["Some fruit?", { model: "demo", keep: "all" }]);
});

const GOOD = { format: "mistral-chat/2", id: "c1", nodes: [node("q", null, said("Hello"))] };
for (const [what, value] of [
  ["nothing", null],
  ["a text", "mistral-chat/2"],
  ["a list", [GOOD]],
  ["another format", { ...GOOD, format: "mistral-chat/3" }],
  ["no message", { ...GOOD, nodes: [] }],
  ["no nodes", { ...GOOD, nodes: {} }],
  ["a node before its parent", { ...GOOD, nodes: [node("a", "q", "1"), ...GOOD.nodes] }],
  ["a node twice", { ...GOOD, nodes: [...GOOD.nodes, ...GOOD.nodes] }],
  ["an id that is none", { ...GOOD, nodes: [node("a b", null, "1")] }],
  ["a message that is none", { ...GOOD, nodes: [node("a", null, null)] }],
  ["a first document without messages", { format: "mistral-chat/1", history: { nodes: [{ parent: null }] } }],
])
  test(`${what} is no conversation`, () => assert.equal(readDocument(value, counter()), null));

test("a good one is one, and an id that could harm is not taken over", () => {
  assert.equal(readDocument(GOOD, counter()).id, "c1");
  assert.equal(readDocument({ ...GOOD, id: "../x" }, counter()).id, "new1");
});

test("two parts of a conversation join: every message, the longer of a growing one, the later title and branch", () => {
  const nodes = [node("q", null, said("Hello")), node("a", "q", "one two")];
  const early = save(nodes, { growing: "a", title: "T", titled: at(9) });
  const late = save([node("a", "q", "one"), node("b", "a", "x")], { second: 4, growing: "a" });
  const both = joined(early, late);
  assert.deepEqual(ids(both.nodes), ["q", "a", "b"]);
  assert.deepEqual([both.nodes[1].message.text, both.title, both.name, both.leaf], ["one two", "T", "T", "b"]);
  const done = joined(both, save([node("a", "q", "one")], { second: 2 }));
  assert.deepEqual([done.nodes[1].message.text, done.leaf, done.updated], ["one", "b", at(4)]);
});

test("of two parts the message still grows that is done in neither", () => {
  const growing = save([node("a", null, "one")], { growing: "a" }), done = save([node("a", null, "one two")]);
  const parts = [[growing, growing], [growing, done], [done, growing], [growing, save([node("b", null, "x")])]];
  assert.deepEqual(parts.map(([before, after]) => joined(before, after).growing), ["a", null, null, "a"]);
});

test("times are compared as moments, and a title that is given now is later than any before it", () => {
  assert.equal(moment("2026-01-01T10:00:00Z"), moment("2026-01-01T10:00:00.000+00:00"));
  assert.equal(moment(""), 0);
  assert.equal(titledAfter("2999-01-01T00:00:00.000+00:00"), "2999-01-01T00:00:00.001+00:00");
  assert.ok(moment(titledAfter("")) > moment("2024-01-01T00:00:00Z"));
});
