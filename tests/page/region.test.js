// A part of an image while it is drawn, moved and resized.

import assert from "node:assert/strict";
import test from "node:test";
import { between, moved, quarters, sized } from "../../assets/page/regions/region.js";

const REGION = { left: 200, top: 300, right: 600, bottom: 700 };

test("a part lies between two points, in whichever order, and within the image", () => {
  assert.deepEqual(between({ x: 600, y: 300 }, { x: 200, y: 700 }), REGION);
  assert.deepEqual(between({ x: -50, y: 300.4 }, { x: 1200, y: 700 }), { left: 0, top: 300, right: 1000, bottom: 700 });
});

test("a click makes a part that can be seen", () => {
  assert.deepEqual(between({ x: 1000, y: 0 }, { x: 1000, y: 0 }), { left: 990, top: 0, right: 1000, bottom: 10 });
});

test("a part that is moved stays as large as it is, and within the image", () => {
  assert.deepEqual(moved(REGION, 20, -20), { left: 220, top: 280, right: 620, bottom: 680 });
  assert.deepEqual(moved(REGION, -900, 900), { left: 0, top: 600, right: 400, bottom: 1000 });
});

test("a corner moves no further than to the opposite one", () => {
  assert.deepEqual(sized(REGION, "br", 50, 900), { left: 200, top: 300, right: 650, bottom: 1000 });
  assert.deepEqual(sized(REGION, "tl", 900, -10), { left: 590, top: 290, right: 600, bottom: 700 });
});

test("four parts are the whole image and share a fiftieth at their edges", () => {
  const [first, second, third, fourth] = quarters();
  assert.deepEqual(first, { left: 0, top: 0, right: 510, bottom: 510 });
  assert.deepEqual(fourth, { left: 490, top: 490, right: 1000, bottom: 1000 });
  assert.equal(second?.top, 0);
  assert.equal(third?.left, 0);
});
