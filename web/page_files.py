"""/page/…: the page's own scripts, the modules of assets/page."""

import hashlib
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import Response

from web.requests import App, Receive, Scope, Send, respond

ROUTE = "/page/"


class PageFiles:
    """Answers with the modules that the folder held at the start, by their exact names: no request reads from the disk.

    A browser asks each time whether it still has the newest, so that modules of two versions never meet. They stand
    outside the password, as Gradio's own scripts do: nothing in them is anybody's.
    """

    def __init__(self, app: App, folder: Path) -> None:
        self.app = app
        self._files = {ROUTE + path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.js")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(ROUTE):
            await self.app(scope, receive, send)
        elif (body := self._files.get(scope["path"])) is None:
            await respond(404, "There is nothing here.", scope, receive, send)
        else:
            await _answer(body, Headers(scope=scope))(scope, receive, send)


def _answer(body: bytes, asked: Headers) -> Response:
    """The module, or that the browser has it: a proxy that packs it may have marked its tag as a weak one."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = {known.strip().removeprefix("W/") for known in asked.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="text/javascript")
