// What a tab remembers, and how the page goes on after a reload, a moment without a network, a restart of the server.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { OtherTabs } from "../../assets/page/session/other_tabs.js";
import { Resuming } from "../../assets/page/session/resuming.js";
import { Returning } from "../../assets/page/session/returning.js";
import { TabStorage } from "../../assets/page/session/tab_storage.js";

/** A tab's storage; `forbid` is thrown at each use. */
function storage(kept = {}, forbid = null) {
  const use = (act) => {
    if (forbid) throw forbid;
    return act();
  };
  return {
    getItem: (name) => use(() => kept[name] ?? null),
    setItem: (name, value) => use(() => (kept[name] = value)),
  };
}

test("a tab remembers over a reload, and up to two million characters of a draft", () => {
  const kept = {};
  const tab = new TabStorage(() => storage(kept));
  tab.set("current", "c1");
  tab.set("draft", "x".repeat(3_000_000));
  const again = new TabStorage(() => storage(kept));
  assert.deepEqual([again.get("current"), again.get("page"), again.get("draft").length], ["c1", "", 2_000_000]);
});

for (const [what, open] of [
  ["asking for it", () => {
    throw new DOMException("denied", "SecurityError");
  }],
  ["using it", () => storage({}, new DOMException("denied", "SecurityError"))],
  ["what is not there", () => undefined],
])
  test(`where a browser forbids ${what}, the tab remembers for as long as it is there`, () => {
    const tab = new TabStorage(open);
    tab.set("current", "c1");
    assert.deepEqual([tab.get("current"), tab.isForbidden], ["c1", true]);
    assert.deepEqual([...tab.lacking], []); // nothing that was typed
    tab.set("draft", "x");
    assert.deepEqual([...tab.lacking], ["draft"]); // so that the browser asks before a reload
    tab.set("draft", "");
    assert.deepEqual([...tab.lacking], []);
  });

test("a draft that the browser has no room for is remembered for as long as the tab is there", () => {
  const full = { getItem: () => null, setItem: () => {
    throw new DOMException("full", "QuotaExceededError");
  } };
  const tab = new TabStorage(() => full);
  tab.set("draft", "x");
  tab.set("current", "c1");
  assert.deepEqual([tab.get("draft"), tab.isForbidden, ...tab.lacking], ["x", false, "draft"]);
});

let page, resuming;

beforeEach(() => {
  page = { now: 100_000, isAnswering: false, isThere: true, resumed: 0, probed: 0 };
  resuming = new Resuming({
    isAnswering: () => page.isAnswering,
    resume: () => (page.resumed += 1),
    probe: async () => {
      page.probed += 1;
      return page.isThere;
    },
    now: () => page.now,
  });
});

const later = async (seconds) => {
  for (let n = 0; n < seconds; n += 1) {
    page.now += 1000;
    await resuming.look();
  }
};

test("an answer that is silent for six seconds is taken up again once the server is there, every five", async () => {
  page.isAnswering = true;
  await later(6);
  assert.equal(page.probed, 0);
  page.isThere = false;
  await later(8);
  assert.deepEqual([page.probed, page.resumed], [2, 0]);
  page.isThere = true;
  await later(4);
  assert.equal(page.resumed, 1);
});

test("an answer that goes on is left alone, and so is a page without one", async () => {
  await later(60);
  page.isAnswering = true;
  for (let n = 0; n < 20; n += 1) {
    await later(2);
    resuming.heard();
  }
  assert.deepEqual([page.probed, page.resumed], [0, 0]);
});

test("when the network is back the page goes on where an answer was under way or was cut off, else not", async () => {
  await resuming.found();
  assert.equal(page.resumed, 0);
  resuming.lost();
  await resuming.found();
  await resuming.found();
  assert.equal(page.resumed, 1);
  page.now += 6000;
  await resuming.found();
  assert.equal(page.resumed, 1);
  page.isAnswering = true;
  await resuming.found();
  assert.equal(page.resumed, 2);
});

let asked, opened, kept, draft, tab, conversations, clock, copied;

function returning(ready = () => {}) {
  clock = 0;
  return new Returning({
    ready,
    conversations, tab, draft, now: () => clock, isElsewhere: async (page) => page === copied, settled: 50,
    commands: {
      resume: (given) => asked.push(given), open: (given) => asked.push(given),
      sync: (...given) => asked.push(given),
    },
  });
}

beforeEach(() => {
  [asked, opened, kept, copied] = [[], [], true, ""];
  tab = new TabStorage(() => storage({ current: "c1", page: "token", sent: "a1" }));
  draft = { carried: "half a sentence", remember: () => {}, back: 0, putBack: () => (draft.back += 1) };
  conversations = {
    current: "c1",
    keeper: { have: async () => ["q", "a"] },
    open: async (...given) => {
      opened.push(given);
      return kept;
    },
    remember: (id) => (conversations.current = id),
  };
});

const soon = () => new Promise((done) => setTimeout(done, 900));

test("after a reload the server is asked for the session, with what is kept, the draft, and where it was sent", async () => {
  returning().begin("");
  await soon();
  assert.deepEqual(asked, [{ page: "token", id: "c1", have: ["q", "a"], text: "half a sentence", sent: "a1" }]);
});

test("a page is ready once it shows what its tab had, and a tab that had nothing is so at once", async () => {
  let count = 0;
  const back = returning(() => (count += 1));
  back.begin("");
  await soon();
  assert.equal(count, 0); // it has asked
  back.shown({ page: "token" });
  back.shown({});
  assert.equal(count, 1);
  await soon(); // for what it asks after that
  for (const name of ["current", "page"]) tab.set(name, "");
  conversations.current = "";
  returning(() => (count += 1)).begin("");
  assert.equal(count, 2);
});

test("a new chat remembers what its session is called, but not in the place of the one that it is about to ask for", async () => {
  const back = returning();
  back.begin("");
  back.named("of-this-connection");
  await soon();
  assert.equal(asked[0].page, "token");
  back.shown({ page: "token" });
  back.named("of-this-chat");
  assert.equal(tab.get("page"), "of-this-chat");
  await soon(); // for what it asks after that
});

test("what the connection before was told and did not hear is asked for, once what it asked is done", async () => {
  const tab = returning();
  tab.begin("");
  await soon();
  tab.shown({ page: "token" });
  conversations.current = "c2"; // opened meanwhile
  await soon();
  assert.deepEqual(asked.slice(1), [["c2", ["q", "a"]]]);
  tab.shown({ page: "token" });
  await soon();
  assert.equal(asked.length, 2);
});

test("a tab that was duplicated leaves the session to its original", async () => {
  copied = "token";
  returning().begin("");
  await soon();
  assert.deepEqual([asked[0].page, asked[0].id, tab.get("page")], ["", "c1", ""]);
});

test("a tab is told whether another has its session", async () => {
  const [original, copy, stranger] = ["a", "a", "b"].map((page) => new OtherTabs(() => page));
  assert.deepEqual([await copy.have("a"), await stranger.have("b"), await stranger.have("")], [true, false, false]);
  for (const each of [original, copy, stranger]) each.channel.close();
});

test("a link with a question begins a new conversation, and a tab without a memory asks for nothing", async () => {
  returning().begin("?q=Why");
  tab = new TabStorage(() => storage());
  conversations.current = "";
  returning().begin("");
  await soon();
  assert.deepEqual([asked, draft.back], [[], 1]);
});

test("where the server has lost the session after a reload, the conversation comes with panel and draft", async () => {
  const back = returning();
  back.begin("");
  await back.lost();
  assert.deepEqual(opened, [["c1", { text: "half a sentence" }]]);
});

test("after a reload the draft is in the box before the server is asked to open, and where it puts none there", async () => {
  const back = returning();
  conversations.open = async () => {
    opened.push(draft.back);
    return true;
  };
  back.begin("");
  await back.lost();
  assert.deepEqual(opened, [1]);
  const other = returning();
  other.begin("");
  other.shown({ page: "token2" });
  other.shown({});
  await soon();
  assert.equal(draft.back, 2);
});

test("a draft that is too long to be told the server is back once the conversation is asked for without it", async () => {
  draft.carried = "";
  const back = returning();
  conversations.open = async (...given) => {
    opened.push([...given, draft.back]);
    return true;
  };
  back.begin("");
  await back.lost();
  assert.deepEqual(opened, [["c1", { text: "" }, 0]]);
  await soon();
  assert.equal(draft.back, 1);
});

test("one that is kept nowhere is forgotten after a reload, and the draft stays", async () => {
  kept = false;
  const back = returning();
  back.begin("");
  await back.lost();
  assert.deepEqual([conversations.current, draft.back], ["", 1]);
});

test("where the server loses it later, it is given back once, and what the page holds besides stays", async () => {
  const back = returning();
  back.begin("");
  back.shown({ page: "token2" });
  await Promise.all([back.lost(), back.lost()]);
  assert.deepEqual([opened, tab.get("page")], [[["c1", { again: true }]], "token2"]);
  back.shown({});
  await back.lost();
  assert.equal(opened.length, 2);
  clock += 11_000;
  await back.lost();
  assert.equal(opened.length, 3);
});
