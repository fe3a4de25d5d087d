// The page goes along with what is written, and never against its reader.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ScrollState } from "../../assets/page/scrolling/scroll_state.js";

const LOOK = 200; // milliseconds between two looks

/** A conversation of which 500 pixels are seen, as a browser has it: it cannot be scrolled beyond its ends. */
class Log {
  constructor() {
    this.state = new ScrollState();
    this.seen = { top: 0, height: 500, view: 500 };
    this.now = 0;
    this.isEmpty = false;
  }

  get end() {
    return this.seen.height - this.seen.view;
  }

  moveTo(top) {
    this.seen.top = Math.max(0, Math.min(top, this.end));
  }

  grow(by) {
    this.seen.height += by;
    this.moveTo(this.seen.top);
  }

  look() {
    this.now += LOOK;
    this.state.judge(this.seen, this.now);
    const target = this.state.target(this.seen, this.isEmpty);
    if (target !== null) this.moveTo(target);
    this.state.settled(this.seen);
  }

  /** So many looks, between which something is written. */
  write(looks = 1, by = 40) {
    for (let n = 0; n < looks; n += 1) {
      this.grow(by);
      this.look();
    }
  }

  /** The reader scrolls, and the page hears of it, by the wheel also before it. */
  scrollBy(by, event) {
    if (event) this.state.touched(this.now, { type: event, deltaY: event === "wheel" ? by : undefined });
    this.moveTo(this.seen.top + by);
    this.state.judge(this.seen, this.now);
  }

  get isAtEnd() {
    return this.seen.top === this.end;
  }
}

let log;

beforeEach(() => {
  log = new Log();
  log.write(50);
});

test("what is written is followed to its end", () => {
  assert.ok(log.isAtEnd);
  assert.equal(log.seen.top, 2000);
});

for (const event of ["wheel", "touchmove", "keydown", "pointerdown", undefined])
  for (const by of event ? [-30, -500] : [-500])
    test(`a scroll up of ${-by} pixels by ${event ?? "the bar"} is never undone`, () => {
      log.scrollBy(by, event);
      log.write(50);
      assert.equal(log.seen.top, 2000 + by);
    });

test("what a drawing moves by a few pixels, and nobody, is followed again", () => {
  log.grow(-3); // between two looks: the page sees only where it stands afterwards
  log.grow(3);
  log.write(50);
  assert.ok(log.isAtEnd);
});

test("so it is where much is written in the same moment, or the box below becomes smaller", () => {
  log.grow(-13);
  log.write(1, 1600);
  log.write(10);
  assert.ok(log.isAtEnd);
  log.seen.view = 700;
  log.moveTo(log.seen.top); // by the browser, and the page has yet to hear of it
  log.write(1, 1600);
  log.write(10);
  assert.ok(log.isAtEnd);
});

for (const [type, deltaY] of [["wheel", -30], ["touchmove", undefined]])
  test(`what the reader begins by ${type} is not undone by what the page scrolls before it hears of the scroll`, () => {
    log.state.touched(log.now, { type, deltaY });
    log.write(3);
    assert.equal(log.seen.top, 2000);
    log.moveTo(1970);
    log.write(10);
    assert.equal(log.seen.top, 1970);
  });

test("who has scrolled up a little and then down less is not taken to the end", () => {
  log.scrollBy(-30, "wheel");
  log.write(2);
  log.scrollBy(5);
  log.write(10);
  assert.equal(log.seen.top, 1975);
});

test("being back at the end resumes it, also where the end has moved on while the scroll glided there", () => {
  log.scrollBy(-500, "wheel");
  log.write(5);
  const end = log.end;
  log.state.touched(log.now, { type: "wheel", deltaY: 100_000 });
  log.write(3); // 120 pixels more
  log.moveTo(end);
  log.state.judge(log.seen, log.now);
  log.write();
  assert.ok(log.isAtEnd);
});

test("a scroll down that stops before the end goes on being the reader's", () => {
  log.scrollBy(-1000, "wheel");
  log.write(2);
  log.scrollBy(400, "wheel");
  log.write(10);
  assert.equal(log.seen.top, 1400);
});

test("that a part of the conversation folds up is no scroll of the reader's", () => {
  log.grow(-700);
  log.write(3);
  assert.ok(log.isAtEnd);
});

test("that a window becomes higher is no scroll of the reader's", () => {
  log.seen.view = 800;
  log.scrollBy(0); // the browser takes it back to its end
  log.write(3);
  assert.ok(log.isAtEnd);
});

test("a new answer and another conversation are followed, wherever the reader was", () => {
  log.scrollBy(-500, "wheel");
  log.state.begin();
  log.write();
  assert.ok(log.isAtEnd);
});

test("what is selected stays where it is until the reader is back at the end", () => {
  log.state.leave();
  log.write(5);
  assert.equal(log.seen.top, 2000);
  log.scrollBy(10_000, "wheel");
  log.write();
  assert.ok(log.isAtEnd);
});

test("what a reader unfolds or edits stays in its place", () => {
  log.state.stay();
  log.write(5);
  assert.equal(log.seen.top, 2000);
});

test("the start page begins with its title, may be scrolled, and the first message is followed", () => {
  log.isEmpty = true;
  log.seen.height = 700;
  log.moveTo(log.seen.top);
  log.look();
  assert.equal(log.seen.top, 0);
  log.scrollBy(150, "wheel");
  log.scrollBy(-50, "wheel");
  log.look();
  assert.equal(log.seen.top, 100);
  log.isEmpty = false;
  log.write(2, 600);
  assert.ok(log.isAtEnd);
});

test("a touch at the top, from where nothing can be scrolled up, does not end it", () => {
  const short = new Log();
  short.look();
  short.state.touched(0, { type: "wheel", deltaY: -30 });
  short.state.touched(0, { type: "touchmove" });
  short.write(20);
  assert.ok(short.isAtEnd);
});
