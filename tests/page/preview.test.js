// What a preview's frame is given.

import assert from "node:assert/strict";
import { test } from "node:test";
import { framed } from "../../assets/page/transcript/preview.js";

test("nothing of a page stands before the policy that it is held to", () => {
  for (const code of ["<!doctype html><html><head><meta charset=latin1>", "<svg></svg>", '"><script>', ""]) {
    const [before, after] = framed(code).split(code || "\0");
    assert.match(before ?? "", /^<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; /);
    assert.ok(code === "" || after === "");
  }
});

test("of the network nothing is allowed, and of the rest what a page that stands alone needs", () => {
  const policy = /content="([^"]*)"/.exec(framed(""))?.[1] ?? "";
  const allowed = new Map(policy.split("; ").map((rule) => [rule.split(" ")[0], rule.split(" ").slice(1)]));
  assert.deepEqual(allowed.get("default-src"), ["'none'"]);
  const sources = new Set([...allowed.values()].flat());
  assert.deepEqual([...sources].sort(), ["'none'", "'unsafe-inline'", "blob:", "data:"]);
});

test("a drawing stands in the middle", () => {
  assert.match(framed('<?xml version="1.0"?>\n<svg></svg>'), /place-items:center/);
  assert.doesNotMatch(framed("<p>a</p>"), /place-items/);
});
