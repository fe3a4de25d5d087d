// Which files come into a batch, and what is said of the others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting, uploadAll } from "../../assets/page/views/batch_files.js";

const MOST = { items: 3, mb: 1 };
const file = (name, size = 10) => ({ file: { name, size }, name });

test("what is hidden is passed over, what is too large is told, and no more are taken than there is room for", () => {
  const given = [file("a.png"), file("b/.git/config"), file("large.tif", 2_000_000), file("b/c.png"), file("d.png")];
  const { taken, notices } = fitting(given, 2, MOST);
  assert.deepEqual(taken.map(({ name }) => name), ["a.png", "b/c.png"]);
  assert.equal(notices.length, 2);
  assert.match(notices[0], /large\.tif.*1 MB/);
  assert.match(notices[1], /3 items/);
  assert.deepEqual(fitting(given.slice(0, 1), 3, MOST).notices, []);
});

test("uploads come in their order, those that fail are told, and it ends once the batch is full", async () => {
  globalThis.document = { querySelector: () => null };
  globalThis.HTMLElement = class {};
  const groups = [], failed = [];
  const given = Array.from({ length: 25 }, (_, at) => file(`${at}.png`));
  const upload = async ({ name }) => {
    await new Promise((done) => setTimeout(done, name === "0.png" ? 5 : 0));
    if (name === "3.png") throw new Error("lost");
    return { path: `/up/${name}` };
  };
  await uploadAll(given, upload, {
    arrived: async (group) => groups.push(group.map(({ name }) => name)),
    failed: (name) => failed.push(name),
    isOver: () => groups.length === 2,
  });
  assert.deepEqual(groups[0], ["0.png", "1.png", "2.png", "4.png", "5.png", "6.png", "7.png", "8.png", "9.png"]);
  assert.equal(groups[1].length, 10);
  assert.equal(groups.length, 2);
  assert.deepEqual(failed, ["3.png"]);
});
