// What was being written in a chat is there again when it is opened, after a reload too, and within a bound.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Drafts, NOTHING } from "../../assets/page/session/drafts.js";
import { TabStorage } from "../../assets/page/session/tab_storage.js";

let kept, drafts;

function load() {
  const storage = { getItem: (name) => kept[name] ?? null, setItem: (name, value) => (kept[name] = value) };
  drafts = new Drafts(new TabStorage(() => storage));
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

test("for want of room the oldest go", () => {
  for (let at = 0; at < 60; at += 1) drafts.keep(`${at}`, draft(`text ${at}`));
  assert.deepEqual([drafts.take("9").text, drafts.take("10").text], ["", "text 10"]);
  for (const chat of ["large", "larger"]) drafts.keep(chat, draft("x".repeat(900_000)));
  assert.equal(drafts.take("59").text, "");
  assert.equal(drafts.take("larger").text.length, 900_000);
  assert.ok(kept.drafts.length < 1_500_000);
});

test("one that is longer than a tab remembers takes nothing with it", () => {
  drafts.keep("a", draft("x".repeat(2_100_000)));
  drafts.keep("b", draft("kept"));
  assert.equal(drafts.take("b").text, "kept");
});
