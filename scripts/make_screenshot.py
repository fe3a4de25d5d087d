"""Takes the README's screenshot of a running app. Run: python scripts/make_screenshot.py http://127.0.0.1:7860"""

import sys
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

ASSETS = Path(__file__).resolve().parent.parent / "assets"
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]

if __name__ == "__main__":
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(sys.argv[1])
        page.locator("#examples button").first.click()
        expect(page.locator("body")).to_have_attribute("data-answers", "1", timeout=60_000)
        page.wait_for_timeout(1500)
        page.screenshot(path=ASSETS / "screenshot.png")
        browser.close()
