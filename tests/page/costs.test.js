// A turn costs the same in a long conversation as in a short one; scripts/store_speed.py measures a real browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBIndex, IDBObjectStore } from "fake-indexeddb";
import { Store } from "../../assets/page/store/store.js";
import { freshBrowser, node, said, save } from "./support.js";

const TURNS = 40;
const TEXT = "some words of an answer ".repeat(40);

/** A conversation of so many messages, and how a turn of two more is kept in it. */
async function conversation(store, id, count) {
  const nodes = Array.from({ length: count }, (_, n) => node(`${n}`, n ? `${n - 1}` : null, n % 2 ? TEXT : said(TEXT)));
  await store.save(save(nodes, { id, whole: true }), new Map());
  let last = `${count - 1}`;
  return async () => {
    const begun = performance.now();
    const [question, answer] = [node(`${last}q`, last, said(TEXT)), node(`${last}a`, `${last}q`, TEXT)];
    last = answer.id;
    await store.save(save([question, answer], { id, second: 1 }), new Map());
    return performance.now() - begun;
  };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

test("a turn costs the same in a conversation of 10 messages and of 2,000", async (context) => {
  freshBrowser();
  const store = new Store();
  const short = await conversation(store, "short", 10), long = await conversation(store, "long", 2000);
  /** @type {[number[], number[]]} */
  const [shorts, longs] = [[], []];
  for (let n = 0; n < TURNS; n += 1) {
    shorts.push(await short());
    longs.push(await long());
  }
  const ratio = median(longs) / median(shorts);
  context.diagnostic(`${median(shorts).toFixed(2)} ms and ${median(longs).toFixed(2)} ms: ratio ${ratio.toFixed(2)}`);
  assert.ok(ratio < 1.5, `${ratio}`);
});

test("what is read and written for a turn does not depend on what is kept", async () => {
  freshBrowser();
  const store = new Store();
  const requests = [];
  for (const count of [10, 2000]) {
    const turn = await conversation(store, `c${count}`, count);
    await turn();
    let made = 0;
    const { use } = store.database;
    store.database.use = (names, mode, work) =>
      use.call(store.database, names, mode, (stores) => work((name) => ((made += 1), stores(name))));
    await turn();
    store.database.use = use;
    requests.push(made);
  }
  assert.ok(requests[1] <= requests[0], `${requests}`);
});

test("which messages are kept is told without reading one", async () => {
  freshBrowser();
  const store = new Store();
  await (await conversation(store, "long", 200))();
  await store.save(save([node("x", null, said(TEXT, "1.png")), node("y", "x", "Hi")], { id: "long", growing: "y" }),
    new Map());
  let read = 0;
  for (const { prototype } of [IDBObjectStore, IDBIndex])
    for (const name of ["get", "getAll", "openCursor"]) {
      const use = prototype[name];
      prototype[name] = function counted(...given) {
        read += 1;
        return use.apply(this, given);
      };
    }
  const have = await store.have("long");
  assert.deepEqual([have.length, have[0], have.at(-1), read], [202, "0", "199a", 0]);
});
