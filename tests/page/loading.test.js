// A part of the page that is loaded when it is used, where it cannot be loaded: this is told.

import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test } from "node:test";
import { Transfer } from "../../assets/page/history/transfer.js";

registerHooks({
  resolve(name, context, next) {
    if (name.endsWith("fflate.js")) throw new TypeError("Failed to fetch dynamically imported module");
    return next(name, context);
  },
});

const SENTENCE = "A part of this page couldn't be loaded. Check your connection, and try again.";

test("without what zips, an export and an import say so, and the next can begin", async () => {
  const sentences = [];
  const transfer = new Transfer({
    conversations: {
      entries: [{ id: "c1", title: "Apples", updated: "" }], search: { forget() {} }, tellTabs() {},
      refresh: async () => true,
    },
    keeper: null, say: (text) => sentences.push(text), download: () => assert.fail(),
  });
  await transfer.alone(() => transfer.exportAll());
  assert.deepEqual(sentences, ["Exporting 1 chat…", SENTENCE]);
  await transfer.alone(() => transfer.importZip(new Blob(["PK"])));
  assert.equal(sentences.at(-1), SENTENCE);
});
