// The document's own box, in a page that comes later. It is a script of its own, and runs in a browser as small as it needs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { Script, createContext } from "node:vm";

const SCRIPT = new Script(readFileSync("assets/page/layout/early_box.js", "utf8"));
const MESSAGE = "#message textarea";

class Element extends EventTarget {
  constructor() {
    super();
    Object.assign(this, { isConnected: true, hidden: true, value: "", disabled: false, clicks: 0 });
    this.classList = { toggle: () => {} };
  }
  focus() {
    browser.document.activeElement = this;
  }
  remove() {
    this.isConnected = false;
  }
  setSelectionRange() {}
  closest() {
    return this;
  }
  click() {
    this.clicks += 1;
  }
}

let browser, page, early, box, send, kept, frames, timers, mutated, time;

/** @param {string} search of the page's address @param {object} config */
function load(search = "", config = {}) {
  [early, box, send] = [new Element(), new Element(), new Element()];
  early.querySelector = (kind) => (kind === "button" ? send : box);
  [page, frames, timers, time] = [{}, [], [], 0];
  const window = new EventTarget();
  browser = createContext({
    window: Object.assign(window, { gradio_config: config }), location: { search }, URLSearchParams, DOMException, Event,
    addEventListener: window.addEventListener.bind(window), performance: { now: () => time },
    matchMedia: () => ({ matches: false }), requestAnimationFrame: (act) => frames.push(act),
    setTimeout: (act) => timers.push(act), Element, HTMLTextAreaElement: Element, HTMLButtonElement: Element,
    sessionStorage: { getItem: (name) => kept[name] ?? null, setItem: (name, value) => (kept[name] = value) },
    MutationObserver: class {
      constructor(look) {
        mutated = look;
      }
      observe() {}
      disconnect() {}
    },
    document: {
      getElementById: () => early, querySelector: (selector) => page[selector] ?? null, activeElement: null,
      documentElement: { dataset: {} },
    },
  });
  SCRIPT.runInContext(browser);
}

const does = (target, type, details = {}) =>
  target.dispatchEvent(Object.assign(new Event(type, { cancelable: true }), details));

/** In the page: an event by a hand is trusted, which none is that a script makes. */
const byHand = (type, details) => (browser.heard[type] ?? []).forEach((hear) => hear({ isTrusted: true, ...details }));

function writes(text) {
  box.value = text;
  does(box, "input");
}

/** The page's box is there. */
function comes() {
  page[MESSAGE] = new Element();
  page["#message .submit-button"] = new Element();
  browser.heard = {};
  browser.addEventListener = (type, hear) => (browser.heard[type] ??= []).push(hear);
  mutated();
}

/** Time goes by. */
function passes(times = 5) {
  for (let at = 0; at < times; at += 1) {
    for (const act of [...frames.splice(0), ...timers.splice(0)]) act();
    time += 100;
  }
}

const ready = () => (browser.document.documentElement.dataset.ready = "");
const sent = () => page["#message .submit-button"].clicks;

beforeEach(() => {
  kept = {};
  load();
});

test("what was written is in the page's box, also in one that is made anew", () => {
  writes("Hello");
  comes();
  passes();
  assert.equal(page[MESSAGE].value, "Hello");
  page[MESSAGE] = new Element();
  passes();
  assert.equal(page[MESSAGE].value, "Hello");
  passes(80);
  assert.equal(sent(), 0);
});

for (const [what, act] of [["Enter", () => does(box, "keydown", { key: "Enter" })], ["its button", () => does(send, "click")]])
  test(`by ${what} it is sent once, as soon as the page shows what the tab had, and no sooner`, () => {
    writes("Hello");
    act();
    comes();
    passes(80);
    assert.equal(sent(), 0); // the chat that comes back is not there, and it would go to another
    ready();
    passes();
    page[MESSAGE].value = "";
    passes(80);
    assert.deepEqual([sent(), page[MESSAGE].value], [1, ""]);
  });

test("a word that a keyboard composes is left to it, and ends where one presses the button", () => {
  does(box, "compositionstart");
  writes("Hello");
  comes();
  assert.deepEqual([early.isConnected, page[MESSAGE].value], [true, ""]);
  does(send, "click");
  ready();
  passes();
  assert.deepEqual([early.isConnected, page[MESSAGE].value, sent()], [false, "Hello", 1]);
});

test("of a temporary chat it is sent once the new one is temporary too", () => {
  kept.private = "yes";
  load();
  writes("A secret");
  does(box, "keydown", { key: "Enter" });
  comes();
  ready();
  passes(80);
  assert.equal(sent(), 0);
  page["#private input:checked"] = new Element();
  passes();
  assert.equal(sent(), 1);
});

test("what a person sends, or takes out, in the page's box stays out of it", () => {
  for (const [type, details] of [["keydown", { key: "Enter" }], ["click", { target: new Element() }]]) {
    load();
    writes("Hello");
    comes();
    byHand(type, details);
    page[MESSAGE].value = "";
    passes();
    assert.equal(page[MESSAGE].value, "");
  }

  load();
  writes("Hello");
  comes();
  page[MESSAGE].value = "";
  byHand("input", { target: page[MESSAGE] });
  passes();
  assert.equal(page[MESSAGE].value, "");
});

test("where a person has written on, or the page has something else in its box, nothing is sent by itself", () => {
  writes("Hello");
  does(box, "keydown", { key: "Enter" });
  comes();
  page[MESSAGE].value = "Hello you";
  byHand("input", { target: page[MESSAGE] });
  ready();
  passes(80);
  assert.equal(sent(), 0);

  load();
  writes("Hello");
  does(box, "keydown", { key: "Enter" });
  comes();
  page[MESSAGE].value = "Hello and the rest of a draft";
  ready();
  passes(400);
  assert.equal(sent(), 0);
});

for (const [what, search, config] of [
  ["a link brings a question", "?q=What", {}],
  ["a link brings settings", "?temperature=1", {}],
  ["somebody has to log in", "", { auth_required: true }],
])
  test(`there is none where ${what}`, () => {
    load(search, config);
    assert.equal(early.isConnected, false);
  });

test("there is one where the address holds nothing but what is for Gradio or the hub", () => {
  load("?__theme=dark&__sign=x");
  assert.deepEqual([early.isConnected, early.hidden], [true, false]);
});

test("what is in it outlives a reload, behind a draft", () => {
  kept.draft = "Before";
  load();
  writes("and after");
  does(browser.window, "pagehide");
  assert.equal(kept.draft, "Before\n\nand after");
});
