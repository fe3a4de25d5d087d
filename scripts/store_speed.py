"""python scripts/store_speed.py: what keeping, listing and searching cost in a real Chromium, as a table.

A turn is kept in a conversation of 10 and in one of 2,000 messages; 600 conversations of 200 kB are listed and
searched.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from tests.support.page_stub import page_stub  # noqa: E402

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PARTS = """
const { Store } = await import("/page/store/store.js");
const said = (text) => ({ parts: [{ text }] });
const node = (id, parent, text) => ({ id, parent, message: said(text), asked: null });
const save = (id, nodes, others) => ({ id, name: "Conversation " + id, title: "", titled: "",
  updated: new Date().toISOString(), leaf: nodes.at(-1).id, panel: { prompt: "P".repeat(2000) }, nodes, setups: {},
  growing: null, whole: false, ...others });
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
"""
TURNS = """async () => {%s
  const store = new Store(), text = "some words of an answer ".repeat(40);
  const begin = async (id, count) => {
    const nodes = Array.from({ length: count }, (_, n) => node(`${n}`, n ? `${n - 1}` : null, text));
    await store.save(save(id, nodes, { whole: true }), new Map());
    let last = nodes.at(-1).id, turn = 0;
    return async () => {
      const question = node(`t${(turn += 1)}q`, last, text), answer = node(`t${turn}a`, question.id, text);
      last = answer.id;
      const begun = performance.now();
      await store.save(save(id, [question, answer]), new Map());
      return performance.now() - begun;
    };
  };
  const short = await begin("short", 10), long = await begin("long", 2000);
  const shorts = [], longs = [];
  for (let n = 0; n < 220; n += 1) {
    const [a, b] = [await short(), await long()];
    if (n >= 20) { shorts.push(a); longs.push(b); }
  }
  return [median(shorts), median(longs)];
}"""
FILL = """async ([from, to]) => {%s
  const store = new Store();
  for (let c = from; c < to; c += 1) {
    const text = (n) => `word${c}x${n} of `.repeat(400);
    const nodes = Array.from({ length: 40 }, (_, n) => node(`${n}`, n ? `${n - 1}` : null, text(n)));
    await store.save(save(`c${c}`, nodes, { whole: true }), new Map());
  }
}"""
LIST = """async () => {%s
  const { ConversationList } = await import("/page/history/list.js");
  const { WordSearch } = await import("/page/history/search.js");
  const { Conversations } = await import("/page/history/conversations.js");
  const { Keeper } = await import("/page/store/keeper.js");
  const { TabStorage } = await import("/page/session/tab_storage.js");
  const store = new Store(), keeper = new Keeper({ store }), search = new WordSearch(() => store.words());
  const conversations = new Conversations({ keeper, search, tab: new TabStorage(), tell: console.error });
  new ConversationList(conversations);
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()))));
  await drawn();
  let begun = performance.now();
  await conversations.refresh();
  document.body.offsetHeight;
  const listed = performance.now() - begun, field = document.querySelector("#shelf-search");
  const typed = async (text) => {
    await drawn();
    begun = performance.now();
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    document.body.offsetHeight;
    const busy = performance.now() - begun;
    return [busy, (await drawn()) - begun];
  };
  const changed = search.changed;
  const ready = new Promise((done) => (search.changed = () => (changed(), done(performance.now()))));
  await typed("w");
  const first = (await ready) - begun;
  const keys = [];
  for (const text of ["wo", "word", "word3", "word59", "word599x", "nowhere", "conv", ""]) keys.push(await typed(text));
  const rows = document.querySelectorAll("#shelf-list li").length;
  const worst = (at) => Math.max(...keys.map((key) => key[at]));
  return { listed, first, busy: worst(0), framed: worst(1), rows };
}"""


def measured(url: str) -> dict[str, Any]:
    """All figures, in ms, from a Chromium with a profile on the disk."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path="/usr/bin/chromium", args=ARGUMENTS
        )
        page = context.new_page()
        page.goto(f"{url}speed")
        short, long = page.evaluate(TURNS % PARTS)
        for begin in range(0, 600, 50):
            page.evaluate(FILL % PARTS, [begin, begin + 50])
        page.close()
        page = context.new_page()
        page.goto(f"{url}speed")
        figures: dict[str, Any] = page.evaluate(LIST % PARTS)
        context.close()
    return figures | {"short": short, "long": long}


def main() -> None:
    with page_stub() as url:
        found = measured(url)
    print("| what | ms | at most |")
    print("|---|---|---|")
    print(f"| a turn is kept among 10 messages, median of 200 | {found['short']:.2f} | |")
    print(f"| among 2,000 messages | {found['long']:.2f} | |")
    print(f"| ratio | {found['long'] / found['short']:.2f} | 1.5 |")
    print(f"| 600 conversations are read and listed ({found['rows']} rows) | {found['listed']:.1f} | 100 |")
    print(f"| the first key of a search, with all words read | {found['first']:.1f} | |")
    print(f"| each other key, the slowest of 8: script and layout | {found['busy']:.1f} | 50 |")
    print(f"| the same, until the frame after it is there | {found['framed']:.1f} | 50 |")


if __name__ == "__main__":
    main()
