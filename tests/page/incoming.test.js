// What comes into the box: pasted, dropped, picked; and the order of its images.

import assert from "node:assert/strict";
import { test } from "node:test";
import { dropped } from "../../assets/page/composer/drop.js";
import { sorted } from "../../assets/page/composer/files.js";
import { pasted } from "../../assets/page/composer/paste.js";
import { steps } from "../../assets/page/composer/strip.js";
import { reason } from "../../assets/page/devices/camera.js";

test("images and text that are pasted together come both", () => {
  assert.deepEqual(pasted({ text: "Look", html: "", names: ["image.png"] }), { takesFiles: true, text: "Look" });
  assert.deepEqual(
    pasted({ text: "Look", html: '<p>Look</p><img src="https://a.example/a.png">', names: ["image.png"] }),
    { takesFiles: true, text: "Look" },
  );
  assert.deepEqual(pasted({ text: "", html: '<img src="a.png">', names: ["image.png"] }), { takesFiles: true, text: "" });
  assert.deepEqual(pasted({ text: "only text", html: "<b>only text</b>", names: [] }), { takesFiles: false, text: "only text" });
});

test("of an office's program the text comes, and not the picture of it", () => {
  for (const html of [
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><table>', '<meta name=Generator content="Microsoft Word 15">',
    '<meta name="generator" content="LibreOffice 24.8">', "<google-sheets-html-origin><table>",
  ])
    assert.deepEqual(pasted({ text: "1\t2", html, names: ["image.png"] }), { takesFiles: false, text: "1\t2" });
});

test("the names of files, which a file manager puts beside them, are no text", () => {
  for (const text of ["my cat.png", "my cat.png\r\ndog.png", "/home/me/my cat.png", "file:///home/me/my%20cat.png"])
    assert.deepEqual(pasted({ text, html: "", names: ["my cat.png", "dog.png"] }), { takesFiles: true, text: "" });
});

test("one file that is too large, and those over ten, keep no others out, and are named", () => {
  const file = (name, size = 1000, type = "image/png") => ({ name, size, type });
  const most = { images: 10, mb: 20 };
  const few = sorted([file("a.png"), file("film.mov", 20_000_001), file("b.png")], 0, most);
  assert.deepEqual(few.taken.map(({ name }) => name), ["a.png", "b.png"]);
  assert.deepEqual(few.notices, ["“film.mov” is too large. Files can have up to 20 MB."]);
  const many = sorted(Array.from({ length: 5 }, (_, at) => file(`${at}.png`)), 8, most);
  assert.deepEqual(many.taken.map(({ name }) => name), ["0.png", "1.png"]);
  assert.deepEqual(many.rest.map(({ name }) => name), ["2.png", "3.png", "4.png"]); // for the next message
  assert.deepEqual(sorted([file("a.png")], 12, most).taken, []);
  const one = sorted([file("a.png"), file("b.png"), file("c.HEIC", 1, "")], 0, { images: 1, mb: 20 });
  assert.deepEqual([one.taken.length, one.rest.length], [1, 2]);
});

test("what is no image takes no image's place, whatever the server makes of it", () => {
  const files = [
    { name: "report.pdf", size: 1, type: "application/pdf" }, { name: "Makefile", size: 1, type: "" }, { name: "a.png", size: 1, type: "image/png" },
  ];
  const { taken, rest } = sorted(files, 10, { images: 10, mb: 20 });
  assert.deepEqual([taken.map(({ name }) => name), rest.map(({ name }) => name)], [["report.pdf", "Makefile"], ["a.png"]]);
});

test("of what is dropped folders stay outside, and what is no file", () => {
  const items = [
    { kind: "file", isFolder: true, file: "folder" }, { kind: "string", isFolder: false, file: null },
    { kind: "file", isFolder: false, file: "a.png" },
  ];
  assert.deepEqual(dropped(items), { files: ["a.png"], hasFolder: true });
});

test("an image that is dropped before or behind another stands there then", () => {
  const marks = ["a", "b", "c", "d"];
  for (const moved of marks)
    for (const onto of marks)
      for (const isBehind of [false, true]) {
        const step = steps(marks, moved, onto, isBehind);
        const rest = marks.filter((mark) => mark !== moved);
        rest.splice(marks.indexOf(moved) + step, 0, moved);
        if (moved === onto) assert.equal(step, 0);
        else assert.equal(rest[rest.indexOf(moved) + (isBehind ? -1 : 1)], onto);
      }
  assert.equal(steps(marks, "gone", "a", false), 0);
});

test("why a camera does not start is said with what can be done", () => {
  assert.match(reason("NotAllowedError", false), /^Allow this page/);
  assert.match(reason("NotAllowedError", true), /own tab/);
  assert.match(reason("NotFoundError", false), /^No camera/);
  assert.match(reason("NotReadableError", false), /other programs/);
});
