"""What a hundred pages of A4 in the message box cost: python scripts/strip_speed.py.

Prints a table; docs/documents.md holds one. In a real Chromium, on the demo model's page: seconds from picking the file
to its strip, its upload among them; the longest that the page was kept busy meanwhile and while the strip is scrolled
to its end; a key's way into the text then; the thumbnails that were loaded; memory that the app's process grew by, and
its processes that read documents.
"""

import sys
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.document_speed import PAGES, page
from scripts.page_load import ARGUMENTS
from scripts.visitors import memory, running_app
from tests.support.chat import Chat
from tests.support.pdfs import pdf_of

WATCH = """
window.longest = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries())
  longest = Math.max(longest, entry.duration); }).observe({ type: "longtask", buffered: false });
"""
SCROLLED = """async (strip) => {
  for (let x = 0; x < strip.scrollWidth; x += 400) { strip.scrollLeft = x; await new Promise(requestAnimationFrame); }
}"""
LOADED = (
    "[...document.querySelectorAll('#strip .page img')].filter((image) => image.complete && image.naturalWidth).length"
)
KEY = """async () => {
  const box = document.querySelector("#message textarea"), begun = performance.now();
  box.focus();
  document.execCommand("insertText", false, "a");
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""


def rows(tab: Page, url: str, app: psutil.Process, path: Path) -> list[tuple[str, str]]:
    """What was measured, and the figure."""
    chat = Chat(tab)
    chat.go(url)
    chat.box.fill("What is on these pages?")
    tab.wait_for_timeout(3_000)
    tab.evaluate(WATCH)
    own, all_of_it, begun = app.memory_info().rss / 1e6, memory(app), time.perf_counter()
    chat.pick(path)
    chat.pages.nth(PAGES - 1).wait_for(state="attached")
    there = time.perf_counter() - begun
    tab.locator("#strip .pages").evaluate(SCROLLED)
    tab.wait_for_timeout(3_000)
    longest, key, thumbnails = tab.evaluate("longest"), tab.evaluate(KEY), tab.evaluate(LOADED)
    grown = app.memory_info().rss / 1e6 - own
    return [
        ("the strip is there, its upload included", f"{there:.2f} s"),
        ("the longest that the page was busy at a time", f"{longest:.0f} ms"),
        ("a key is drawn after", f"{key:.0f} ms"),
        ("thumbnails loaded once it was scrolled through", f"{thumbnails}"),
        ("memory that the app's own process grew by", f"{grown:.0f} MB"),
        ("memory that its other processes grew by", f"{memory(app) - all_of_it - grown:.0f} MB"),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_app() as (url, app), sync_playwright() as playwright:
        path = Path(folder) / "a.pdf"
        path.write_bytes(pdf_of(*(page(number) for number in range(1, PAGES + 1))))
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        tab = browser.new_page(viewport={"width": 1280, "height": 860})
        print("| what | figure |\n|---|---|")
        for what, figure in rows(tab, url, app, path):
            print(f"| {what} | {figure} |")
        browser.close()


if __name__ == "__main__":
    main()
