// What a person writes is lost by nothing that comes into the box meanwhile, and comes back once.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Draft } from "../../assets/page/session/draft.js";
import { TabStorage } from "../../assets/page/session/tab_storage.js";

const at = (leaf) => JSON.stringify({ id: "c1", leaf });
let kept, box, isEditing, place, draft;

/** The page is loaded, again. */
function load() {
  box = { value: "", dispatchEvent: () => draft.typed() };
  isEditing = false;
  const storage = { getItem: (name) => kept[name] ?? null, setItem: (name, value) => (kept[name] = value) };
  const page = { box: () => box, isReplacing: () => isEditing, place: () => place };
  draft = new Draft(new TabStorage(() => storage), page);
}

beforeEach(() => {
  kept = {};
  place = at("a1");
  load();
});

function type(text) {
  draft.remember(); // as before each input
  box.value = text;
  draft.typed();
}

/** What is in the box after the server has put this there, or somebody has emptied it. */
function comes(text) {
  box.value = text;
  draft.remember();
  return box.value;
}

test("a draft that the server puts back after a reload is put back once, and so is one that it does not", () => {
  type("half a sentence");
  draft.remember();
  load();
  draft.remember();
  assert.equal(draft.text, "half a sentence");
  assert.equal(comes("half a sentence"), "half a sentence");
  draft.putBack();
  load();
  draft.putBack();
  assert.equal(box.value, "half a sentence");
  draft.sent();
  assert.equal(comes(""), "");
  draft.putBack();
  assert.deepEqual([comes(""), draft.text], ["", ""]);
});

test("nothing of a text is lost that is longer than a tab remembers, and the browser asks before a reload would", () => {
  const long = "x".repeat(2_100_000);
  type(long);
  assert.equal(comes("an earlier message"), "an earlier message");
  draft.remember();
  assert.ok(draft.tab.lacking.has("aside"));
  assert.equal(comes(""), long);
  comes("");
  type("short");
  draft.remember();
  assert.deepEqual([...draft.tab.lacking], []);
});

test("the server is told a draft that a call has room for, twice and in any letters, and it comes back with it or not", () => {
  const bytes = (text) => new TextEncoder().encode(JSON.stringify(text)).length;
  for (const [long, isTold] of [["й".repeat(50_000), true], ["\u0001".repeat(300_000), false]]) {
    type(long);
    draft.remember();
    assert.equal(draft.carried === long, isTold);
    assert.ok(2 * bytes(draft.carried) < 900_000);
    load();
    draft.putBack();
    assert.equal(box.value, long);
  }
});

test("a draft makes room for a message that is edited, and is there again when that is sent or left", () => {
  type("half a sentence");
  isEditing = true;
  assert.equal(comes("Hello"), "Hello");
  type("Hello!");
  draft.sent();
  assert.equal(comes(""), "");
  isEditing = false;
  assert.equal(comes(""), "half a sentence");
  draft.sent();
  assert.deepEqual([comes(""), comes("")], ["", ""]);
});

test("a draft that made room outlives a reload", () => {
  type("half a sentence");
  isEditing = true;
  comes("Hello");
  load();
  assert.equal(comes("Hello"), "Hello");
  assert.deepEqual([comes(""), draft.text], ["half a sentence", "half a sentence"]);
});

test("what the person types before the draft is back, or what a link brings, loses nothing of it", () => {
  type("half a sentence");
  draft.remember();
  load();
  type("quick");
  assert.equal(comes("quick"), "quick");
  draft.sent();
  assert.equal(comes(""), "half a sentence");
  load();
  assert.equal(comes("What is new?"), "What is new?");
  draft.sent();
  assert.equal(comes(""), "half a sentence");
});

test("where the server puts back what stood there a moment ago, the person's last words stay", () => {
  type("half a sentence");
  assert.equal(comes("half a"), "half a sentence");
});

test("what was sent, or was deleted by the person, does not come back", () => {
  type("sent");
  draft.sent();
  comes("");
  comes("Hello");
  assert.deepEqual([comes(""), draft.text], ["", ""]);
  type("deleted");
  type("");
  assert.deepEqual([comes(""), comes("Hello"), comes("")], ["", "Hello", ""]);
});

test("what was sent, and is in the box since nobody was told, is forgotten after a reload where the server has had it", () => {
  type("sent");
  draft.sent();
  draft.remember();
  load();
  assert.equal(kept.sent, at("a1"));
  draft.forget("sent");
  draft.putBack();
  assert.deepEqual([box.value, comes(""), kept.draft, kept.sent], ["", "", "", ""]);
});

test("what was sent and the server has not had, or what was written since, comes back", () => {
  for (const had of ["sent before", "sent"]) {
    type("sent");
    draft.sent();
    type("sent, and more");
    draft.remember();
    load();
    draft.forget(had);
    draft.putBack();
    assert.equal(box.value, "sent, and more");
  }
});

test("where a message was sent is forgotten with it", () => {
  type("sent");
  draft.sent();
  comes("");
  type("half a sentence");
  draft.remember();
  assert.equal(kept.sent, "");
});

test("a chat that is left has its draft back when it is shown again, and the other chat nothing of it", () => {
  type("half a sentence");
  const left = draft.leave();
  draft.enter({ text: "", aside: "" });
  assert.equal(comes(""), "");
  type("of another");
  draft.sent();
  comes("");
  draft.enter(left);
  assert.deepEqual([box.value, comes(box.value), kept.draft], Array(3).fill("half a sentence"));
});

test("an earlier message that nobody has changed is no draft, and what made room for it is", () => {
  type("half a sentence");
  isEditing = true;
  comes("Hello");
  assert.deepEqual(draft.leave(), { text: "half a sentence", aside: "" });
  type("Hello, changed");
  assert.deepEqual(draft.leave(), { text: "Hello, changed", aside: "half a sentence" });
});

test("what was sent in one conversation, and is in the box still, was not sent in the one that is shown since", () => {
  type("sent");
  draft.sent();
  draft.elsewhere();
  draft.remember();
  assert.deepEqual([kept.draft, kept.sent], ["sent", ""]);
});

test("the box is empty for the next message as soon as one is sent, and keeps it when the server has that", () => {
  type("sent");
  draft.sent();
  draft.makeRoom();
  assert.deepEqual([comes(box.value), kept.draft], ["", "sent"]);
  type("next");
  assert.deepEqual([comes(""), kept.draft], ["next", "sent\n\nnext"]);
  place = at("a2");
  draft.settle("sent");
  assert.deepEqual([comes(""), kept.draft, kept.sent], ["next", "next", ""]);
});

test("what was sent and nobody has heard of is back before what was written since, and goes when it is heard of", () => {
  type("sent");
  draft.sent();
  draft.makeRoom();
  type("next");
  draft.settle("sent");
  assert.deepEqual([box.value, comes(box.value), kept.sent], ["sent\n\nnext", "sent\n\nnext", at("a1")]);
  assert.equal(comes(""), "next");
  draft.sent();
  assert.equal(comes(""), "");
});

test("what was refused is in the box, and what was written since comes after it", () => {
  type("sent");
  draft.sent();
  draft.makeRoom();
  type("sent, and more");
  assert.equal(comes("sent"), "sent");
  draft.refused();
  draft.sent();
  assert.equal(comes(""), "sent, and more");
});

test("what is on its way comes back after a reload, with what was written since, and is left with its chat", () => {
  type("sent");
  draft.sent();
  draft.makeRoom();
  type("next");
  draft.remember();
  const left = draft.leave();
  load();
  draft.putBack();
  assert.equal(box.value, "sent\n\nnext");
  draft.enter({ text: "", aside: "" });
  assert.deepEqual([comes(""), left.text], ["", "sent\n\nnext"]);
});

test("an edit stays in the box until it is taken, and what was written behind it meanwhile is left there", () => {
  isEditing = true;
  comes("Hello");
  type("Hello!");
  draft.sent();
  draft.makeRoom();
  assert.equal(box.value, "Hello!");
  type("Hello! And next");
  isEditing = false;
  assert.equal(comes(""), "And next");
});

test("what was typed before what is sent was taken from the box is sent with it, and what comes after an image is not", () => {
  type("sent");
  draft.sent();
  type("sent, too");
  draft.makeRoom();
  assert.deepEqual([comes(box.value), comes("")], ["sent, too", ""]);
  draft.sent();
  draft.makeRoom();
  type("next");
  assert.equal(comes(""), "next");
});
