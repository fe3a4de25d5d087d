// The pictures of a kept conversation: found in its body, named where they are now, forgotten with the last of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureName, picturePaths, unusedPictures, withPath } from "../../assets/page/history/pictures.js";

const PATHS = ["/tmp/gradio/pictures/a1b2.png", "C:\\Users\\Ada\\ü $& b.png"];
const SAID = 'what is in "path": "/etc/x.png"?';

/** A body as Python writes it, with a blank after a colon, or as the page does. */
function body(paths, blank) {
  const message = { role: "user", parts: [{ text: SAID }, ...paths.map((path) => ({ path, width: 224 }))] };
  const answer = { role: "assistant", parts: [{ text: "A cat." }] };
  return JSON.stringify({ id: "x", messages: [message, answer] }, null, blank ? 1 : 0);
}

for (const blank of [true, false])
  test(`every picture of a conversation is found and nothing that is said of one, ${blank ? "" : "not "}spaced`, () => {
    assert.deepEqual(picturePaths(body(PATHS, blank)), PATHS);
    assert.deepEqual(picturePaths(body([PATHS[0], PATHS[0]], blank)), [PATHS[0], PATHS[0]]);
    assert.deepEqual(picturePaths(body([], blank)), []);
  });

test("only pictures that the server stored count: they are PNG", () => {
  assert.deepEqual(picturePaths('{"path": "/etc/passwd", "paths": "/x.png", "path": "/a.png.txt"}'), []);
});

test("a path is read as JSON has it", () => {
  assert.deepEqual(picturePaths('{"path": "/tmp/\\u00fc.png"}'), ["/tmp/ü.png"]);
});

test("a picture is kept under its name, without the folder that the server has it in today", () => {
  assert.equal(pictureName("/tmp/gradio/pictures/a1b2.png"), "a1b2.png");
  assert.equal(pictureName("a1b2.png"), "a1b2.png");
});

test("a conversation that is opened names its pictures where the server has them now, whatever their path is", () => {
  for (const path of PATHS) {
    const moved = withPath(body([path, "/other.png", path], true), path, "/new/$1 $& \\.png");
    const { messages } = JSON.parse(moved);
    assert.deepEqual(messages[0].parts.slice(1).map((part) => part.path), [
      "/new/$1 $& \\.png", "/other.png", "/new/$1 $& \\.png",
    ]);
    assert.equal(messages[0].parts[0].text, SAID);
  }
});

test("a picture goes with the last conversation that names it, and not before", () => {
  const names = ["a.png", "b.png", "c.png"];
  const bodies = [body(["/tmp/a.png"], true), body(["/elsewhere/a.png", "/tmp/b.png"], true)];
  assert.deepEqual(unusedPictures(names, bodies), ["c.png"]);
  assert.deepEqual(unusedPictures(names, bodies.slice(1)), ["c.png"]);
  assert.deepEqual(unusedPictures(names, bodies.slice(0, 1)), ["b.png", "c.png"]);
  assert.deepEqual(unusedPictures(names, []), names);
});
