// What Enter and the round button do, on a keyboard and on a screen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Answering } from "../../assets/page/answering.js";
import { clickMeans, enterMeans } from "../../assets/page/composer/sending.js";

const READY = { isTouch: false, isEmpty: false, isBlocked: false, isAnswering: false, isJustOver: false };
const ENTER = { key: "Enter" };

test("Enter sends, and with Shift or Option it breaks a line", () => {
  assert.equal(enterMeans(ENTER, READY), "send");
  assert.equal(enterMeans({ ...ENTER, shiftKey: true }, READY), "line");
  assert.equal(enterMeans({ ...ENTER, altKey: true }, READY), "line");
  assert.equal(enterMeans({ key: "a" }, READY), null);
});

test("on a phone Enter breaks a line, and with a keyboard at it Control or Command sends", () => {
  const phone = { ...READY, isTouch: true };
  assert.equal(enterMeans(ENTER, phone), "line");
  assert.equal(enterMeans({ ...ENTER, ctrlKey: true }, phone), "send");
  assert.equal(enterMeans({ ...ENTER, metaKey: true }, phone), "send");
});

test("while an input method composes Enter is its own, as each browser says so", () => {
  for (const composing of [{ isComposing: true }, { keyCode: 229 }])
    for (const page of [READY, { ...READY, isAnswering: true }, { ...READY, isEmpty: true }])
      assert.equal(enterMeans({ ...ENTER, ...composing }, page), "compose");
});

test("an empty box sends nothing, and neither does one with a file that cannot be sent", () => {
  assert.equal(enterMeans(ENTER, { ...READY, isEmpty: true }), "nothing");
  assert.equal(enterMeans(ENTER, { ...READY, isBlocked: true }), "blocked");
  assert.equal(clickMeans({ isTrusted: true }, { ...READY, isEmpty: true }), "nothing");
  assert.equal(clickMeans({ isTrusted: true }, { ...READY, isBlocked: true }), "blocked");
});

test("while an answer is written what is sent waits", () => {
  assert.equal(enterMeans(ENTER, { ...READY, isAnswering: true }), "queue");
  assert.equal(clickMeans({ isTrusted: true }, { ...READY, isAnswering: true, isJustOver: true }), "queue");
});

test("a click on Send that was meant for Stop sends nothing; Enter at that moment does", () => {
  const over = { ...READY, isJustOver: true };
  assert.equal(clickMeans({ isTrusted: true }, over), "late");
  assert.equal(clickMeans({ isTrusted: false }, over), "send");
  assert.equal(clickMeans({ isTrusted: true }, READY), "send");
  assert.equal(clickMeans({ isTrusted: true, detail: 2 }, READY), "late"); // the second of a double click on Stop
});

test("a click on Send is late where the answer has just ended by itself, and nobody has stopped it or written since", () => {
  const page = { isShown: true, time: 1000 };
  const answering = new Answering(() => {}, { isShown: () => page.isShown, now: () => page.time });
  const ends = (before = () => {}) => {
    page.isShown = true;
    answering.look();
    before();
    page.isShown = false;
    answering.look();
    return answering.isJustOver();
  };
  assert.equal(ends(), true);
  answering.goOn();
  assert.equal(answering.isJustOver(), false);
  assert.equal(ends(), true);
  page.time += 600;
  assert.equal(answering.isJustOver(), false);
  assert.equal(ends(() => answering.stop()), false);
  assert.equal(ends(), true); // the next
});
