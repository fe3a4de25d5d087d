"""How soon a page can be written in, and how much moves until then: python scripts/page_load.py http://127.0.0.1:7860/

Each row is a browser that has nothing yet, or has been here before: milliseconds until something is drawn, until a
message can be written (in the document's own box, see early_box.js) and until the page is there, how long scripts kept
it busy in pieces of over 50 ms, what moved meanwhile (CLS, https://web.dev/articles/cls), requests and what came over
the wire. The targets: a box in 1,500 ms, on a phone with 10 Mbit/s, 40 ms and a processor of a quarter in 4,000, and a
CLS of 0.05 at most.
"""

import statistics
import sys
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
TRIES = 3
WATCH = """
window.seen = { moved: 0, busy: 0, early: 0, box: 0, moves: [] };
new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
  seen.moved += entry.value;
  seen.moves.push([Math.round(entry.startTime), entry.value.toFixed(3),
    ...entry.sources.slice(0, 4).map(({ node }) => node?.id || node?.className || node?.nodeName)]);
} }).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => { for (const entry of list.getEntries())
  seen.busy += entry.duration - 50; }).observe({ type: "longtask", buffered: true });
const look = () => {
  const is = (selector) => {
    const box = document.querySelector(selector);
    return box && !box.disabled && box.checkVisibility({ visibilityProperty: true });
  };
  if (!seen.early && is("#early textarea")) seen.early = performance.now();
  if (is("#message textarea")) seen.box = performance.now();
  else requestAnimationFrame(look);
};
look();
"""
FIRST = 'performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0'


@dataclass(frozen=True)
class Kind:
    """A kind of visitor. `slowed` is by how much the processor is, `mbit` and `delay` what the line has (ms)."""

    name: str
    size: tuple[int, int]
    slowed: int = 1
    mbit: float = 0
    delay: int = 0


KINDS = (Kind("1280", (1280, 860)), Kind("390", (390, 844)), Kind("phone", (390, 844), 4, 10, 40))


def loaded(context: BrowserContext, url: str, kind: Kind) -> dict[str, float]:
    """What one load took."""
    page = context.new_page()
    tab = context.new_cdp_session(page)
    tab.send("Network.enable")
    counted = {"requests": 0.0, "kB": 0.0}
    tab.on("Network.requestWillBeSent", lambda _: counted.__setitem__("requests", counted["requests"] + 1))
    tab.on(
        "Network.loadingFinished", lambda e: counted.__setitem__("kB", counted["kB"] + e["encodedDataLength"] / 1000)
    )
    if kind.slowed > 1:
        tab.send("Emulation.setCPUThrottlingRate", {"rate": kind.slowed})
    if kind.mbit:
        line = kind.mbit * 125_000
        limits = {"offline": False, "latency": kind.delay, "downloadThroughput": line, "uploadThroughput": line}
        tab.send("Network.emulateNetworkConditions", limits)
    page.add_init_script(WATCH)
    page.goto(url, wait_until="commit")
    page.wait_for_function("window.seen?.box", timeout=60_000)
    page.wait_for_timeout(2_500)
    seen = page.evaluate("seen")
    if "-v" in sys.argv:
        print(*seen["moves"], sep="\n")
    first = page.evaluate(FIRST)
    page.close()
    return {
        "first": first,
        "early": seen["early"] or seen["box"],
        "box": seen["box"],
        "busy": seen["busy"],
        "moved": seen["moved"],
        **counted,
    }


def row(browser: Browser, url: str, kind: Kind) -> None:
    """Prints what such a visitor has, the first time and the second."""
    width, height = kind.size
    times: dict[str, list[dict[str, float]]] = {"cold": [], "warm": []}
    for _ in range(TRIES):
        context = browser.new_context(viewport={"width": width, "height": height})
        for name in times:
            times[name].append(loaded(context, url, kind))
        context.close()
    for name, tries in times.items():
        middle = {key: statistics.median(each[key] for each in tries) for key in tries[0]}
        print(
            f"| {kind.name}, {name} | {middle['first']:.0f} | {middle['early']:.0f} | {middle['box']:.0f} "
            f"| {middle['busy']:.0f} | {middle['moved']:.3f} | {middle['requests']:.0f} | {middle['kB']:.0f} |",
            flush=True,
        )


def main() -> None:
    print("| visitor | first paint, ms | a box, ms | the page, ms | busy, ms | CLS | requests | kB |")
    print("|---|---|---|---|---|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        for kind in KINDS:
            row(browser, sys.argv[1], kind)
        browser.close()


if __name__ == "__main__":
    main()
