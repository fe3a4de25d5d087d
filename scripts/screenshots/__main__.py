"""Pictures of every view of the page, wide and narrow, light and dark.

python -m scripts.screenshots FOLDER [--views start answer …] [--widths 1280 390] [--schemes light dark]

The demo model answers where it can. What it cannot write, and what goes wrong, comes from a server that plays its part.
A view that does not come about is named at the end, and the exit status is 1.
"""

import argparse
import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Error, expect, sync_playwright

from scripts.screenshots.views import DEMO, SERVED, View
from scripts.visitors import running_app
from tests.support.chat import opened
from tests.support.stub_server import WHOLE, Stub, sends, stub_server

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
HEIGHTS = {1280: 860, 390: 844}
NARROW = 600  # pixels, up to which it is a phone


class Camera:
    """Takes pictures of views of a page, each in a browser context of its own."""

    def __init__(self, browser: Browser, folder: Path, width: int, scheme: str) -> None:
        self.browser, self.folder, self.width, self.scheme = browser, folder, width, scheme

    def take(self, url: str, view: View, stub: Stub) -> str:
        """All of one view. Why it did not come about, or nothing."""
        is_phone = self.width <= NARROW
        size = {"width": self.width, "height": HEIGHTS.get(self.width, 860)}
        chat = opened(
            self.browser, url, viewport=size, color_scheme=self.scheme, has_touch=is_phone, is_mobile=is_phone
        )

        def shot(part: str) -> None:
            chat.page.wait_for_timeout(400)  # for what slides in
            name = "-".join(filter(None, (view.__name__, part, str(self.width), self.scheme)))
            chat.page.screenshot(path=self.folder / f"{name}.png", animations="disabled")

        try:
            view(chat, stub, shot)
        except (Error, AssertionError) as trouble:
            shot("stuck")
            return f"{view.__name__} at {self.width}, {self.scheme}: {str(trouble).splitlines()[0]}"
        finally:
            chat.close()
        return ""


@contextlib.contextmanager
def apps(chosen: set[str]) -> Iterator[list[tuple[str, View, Stub]]]:
    """The address of the app for each view that is chosen."""
    with contextlib.ExitStack() as running:
        stub, found = running.enter_context(stub_server()), list[tuple[str, View, Stub]]()
        stub.answers = [sends(*WHOLE)] * 20  # the app is up when its model answers
        for views, model in ((DEMO, ("--model", "demo")), (SERVED, ("--server", stub.url))):
            if wanted := [view for view in views if view.__name__ in chosen]:
                url, _ = running.enter_context(running_app("--max-per-visitor", "1000", model=model))
                found += [(f"{url}/", view, stub) for view in wanted]
        yield found


def main() -> int:
    """Takes them; 1 where a view did not come about."""
    names = [view.__name__ for view in (*DEMO, *SERVED)]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--views", nargs="+", choices=names, default=names)
    parser.add_argument("--widths", nargs="+", type=int, default=list(HEIGHTS))
    parser.add_argument("--schemes", nargs="+", choices=("light", "dark"), default=("light", "dark"))
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=15_000)
    stuck = list[str]()
    with apps(set(chosen.views)) as found, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for width in chosen.widths:
            for scheme in chosen.schemes:
                camera = Camera(browser, chosen.folder, width, scheme)
                for each in found:
                    if why := camera.take(*each):
                        print(why, flush=True)
                        stuck += [why]
        browser.close()
    return int(bool(stuck))


if __name__ == "__main__":
    sys.exit(main())
