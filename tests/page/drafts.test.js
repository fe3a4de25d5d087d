// What was being written in a chat is there again when it is opened, after a reload too, and within a bound.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Drafts, NOTHING } from "../../assets/page/session/drafts.js";
import { TabStorage } from "../../assets/page/session/tab_storage.js";

let kept, tab, drafts;

function load() {
  const storage = { getItem: (name) => kept[name] ?? null, setItem: (name, value) => (kept[name] = value) };
  tab = new TabStorage(() => storage);
  drafts = new Drafts(tab);
}

beforeEach(() => {
  kept = {};
  load();
});

const draft = (text) => ({ ...NOTHING, text });

test("each chat has its own, a new one too, and it comes back once", () => {
  drafts.keep("", draft("new"));
  drafts.keep("a", { text: "one", aside: "aside", files: ["/uploads/a.png"], queue: "{}" });
  load();
  assert.deepEqual(drafts.take("a"), { text: "one", aside: "aside", files: ["/uploads/a.png"], queue: "{}" });
  assert.deepEqual(drafts.take("a"), NOTHING);
  assert.equal(drafts.take("").text, "new");
  assert.equal(kept.drafts, "");
});

for (const damaged of ["{", '[["a", {"text": "cut o', "7", '{"a": 1}', '[7, null, ["a"], ["a", 7], ["a", {"text": 7}]]'])
  test(`what the tab remembers as ${damaged} is nothing, and the next is kept`, () => {
    kept.drafts = damaged;
    load();
    assert.deepEqual(drafts.take("a"), NOTHING);
    drafts.keep("a", draft("text"));
    assert.equal(drafts.take("a").text, "text");
  });

test("for want of room the oldest go, of large ones with a reload", () => {
  for (let at = 0; at < 60; at += 1) drafts.keep(`${at}`, draft(`text ${at}`));
  assert.deepEqual([drafts.take("9").text, drafts.take("10").text], ["", "text 10"]);
  for (const chat of ["large", "larger"]) drafts.keep(chat, draft("x".repeat(900_000)));
  load();
  assert.deepEqual([drafts.take("59").text, drafts.take("large").text], ["text 59", ""]);
  assert.equal(drafts.take("larger").text.length, 900_000);
  assert.ok(kept.drafts.length < 1_500_000);
});

test("one that is longer than a tab remembers takes nothing with it", () => {
  drafts.keep("a", draft("x".repeat(2_100_000)));
  drafts.keep("b", draft("kept"));
  assert.deepEqual([...tab.lacking], ["drafts"]); // so that the browser asks before a reload
  assert.equal(drafts.take("a").text.length, 2_100_000);
  assert.deepEqual([...tab.lacking], []);
  drafts.keep("a", draft("x".repeat(2_100_000)));
  load();
  assert.deepEqual([drafts.take("a").text, drafts.take("b").text], ["", "kept"]);
});
