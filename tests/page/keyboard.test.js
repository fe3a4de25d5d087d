// A key does what the list of keys says, and otherwise what it does everywhere.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Answering } from "../../assets/page/answering.js";
import { meaning } from "../../assets/page/keyboard.js";

const READING = { isTyping: false, isEmptyBox: false };
const WRITING = { isTyping: true, isEmptyBox: false };
const BEFORE_WRITING = { isTyping: true, isEmptyBox: true };

/** @param {string} key */
const plain = (key) => ({ key, code: `Key${key.toUpperCase()}`, altKey: false });
/** @param {string} key */
const alt = (key) => ({ ...plain(key), altKey: true });

test("a slash goes to the box while one reads, and is a slash while one writes", () => {
  assert.equal(meaning(plain("/"), READING), "write");
  assert.equal(meaning(plain("/"), WRITING), null);
  assert.equal(meaning(plain("/"), BEFORE_WRITING), null);
});

test("the arrow up edits the last message from an empty box, and moves the cursor in a text", () => {
  assert.equal(meaning(plain("ArrowUp"), BEFORE_WRITING), "edit last");
  assert.equal(meaning(plain("ArrowUp"), WRITING), null);
  assert.equal(meaning(plain("ArrowUp"), READING), null);
});

test("a chat is begun and an answer asked for again with Alt only, also with Shift", () => {
  for (const where of [READING, WRITING, BEFORE_WRITING]) {
    assert.equal(meaning(alt("n"), where), "new chat");
    assert.equal(meaning(alt("N"), where), "new chat");
    assert.equal(meaning(alt("r"), where), "retry");
    assert.equal(meaning(plain("n"), where), null);
    assert.equal(meaning(plain("r"), where), null);
  }
});

test("a chat is begun by Option too, which writes another letter there", () => {
  assert.equal(meaning({ key: "Dead", code: "KeyN", altKey: true }, WRITING), "new chat");
  assert.equal(meaning({ key: "®", code: "KeyR", altKey: true }, WRITING), "retry");
});

test("a letter that is written by AltGr is one", () => {
  const written = { key: "ń", code: "KeyN", altKey: true };
  assert.equal(meaning({ ...written, ctrlKey: true }, WRITING), null); // as Windows has AltGr
  assert.equal(meaning({ ...written, getModifierState: (name) => name === "AltGraph" }, WRITING), null);
});

test("while an input method composes no key is the page's", () => {
  for (const key of ["Escape", "ArrowUp", "/"])
    for (const composing of [{ isComposing: true }, { keyCode: 229 }])
      assert.equal(meaning({ ...plain(key), ...composing }, BEFORE_WRITING), null);
});

test("a question mark shows the keys, and is one while one writes", () => {
  assert.equal(meaning(plain("?"), READING), "shortcuts");
  assert.equal(meaning(plain("?"), WRITING), null);
});

test("Escape leaves wherever one is", () => {
  for (const where of [READING, WRITING, BEFORE_WRITING]) assert.equal(meaning(plain("Escape"), where), "leave");
});

test("a key without a name, as a browser sends that fills a form, means nothing", () => {
  assert.equal(meaning(/** @type {any} */ ({ altKey: false }), WRITING), null);
});

test("a click on Send that was meant for Stop, in whose place it came, sends nothing; one a moment later does", () => {
  const page = { shown: false, now: 10_000, begun: 0 };
  const answering = new Answering(() => (page.begun += 1), { isShown: () => page.shown, now: () => page.now });
  answering.look();
  assert.equal(answering.isJustOver(), false);
  page.shown = true;
  answering.look();
  answering.look();
  assert.deepEqual([answering.isJustOver(), page.begun], [true, 1]);
  page.shown = false;
  answering.look();
  page.now += 400;
  assert.equal(answering.isJustOver(), true);
  page.now += 200;
  assert.equal(answering.isJustOver(), false);
});
