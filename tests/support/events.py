"""Which events of a page are under way, as a test sees them that ends the app, or the login, in between."""

import time

from playwright.sync_api import Page, Request

IDLE = 8.0  # seconds without a new event, where the answers take a fraction of one


class Events:
    """The requests of a page's events, from now on."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._open: set[Request] = set()
        self._begun_at = 0.0
        page.on("request", self._begins)
        page.on("requestfinished", self._ends)
        page.on("requestfailed", self._ends)

    def wait_until_done(self) -> None:
        """Until half a second has gone by without an event.

        A stream that stays open belongs to no event: Gradio's client opens another where an event is done before the
        answer to its joining is read.
        """
        quiet = 0
        while quiet < 5:
            self._page.wait_for_timeout(100)
            is_idle = time.monotonic() - self._begun_at > IDLE and all("/queue/data" in one.url for one in self._open)
            quiet = 0 if self._open and not is_idle else quiet + 1

    def _begins(self, request: Request) -> None:
        if "/queue/" in request.url:
            self._open.add(request)
            self._begun_at = time.monotonic()

    def _ends(self, request: Request) -> None:
        self._open.discard(request)
