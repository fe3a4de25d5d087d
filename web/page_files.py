"""Files of the page that were there before anybody came: its own scripts, and Gradio's, which a browser keeps."""

import hashlib
import re
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from web.requests import App, Message, Receive, Scope, Send, respond

ROUTE = "/page/"
ENTRY = "main.js"
VERSIONED = re.compile(rf"{ROUTE}([0-9a-f]{{16}})/(.+)")
FOR_GOOD = "public, max-age=31536000, immutable"  # https://www.rfc-editor.org/rfc/rfc8246
HASHED = re.compile(r"/assets/[\w.-]+-[\w-]{8,12}\.\w+")  # as Vite names what it has built
NEVER_NEW = re.compile(r"/static/.+")  # but with another Gradio


class PageFiles:
    """Answers with the modules that the folder held at the start, by their exact names: no request reads from the disk.

    The entry leads to the modules under a path of this version, which the browser then keeps: it asks anew for the
    entry alone, and modules of two versions never meet. A page of another version, opened before, is given what there
    is. They stand outside the password, as Gradio's own scripts do: nothing in them is anybody's.
    """

    def __init__(self, app: App, folder: Path) -> None:
        self.app = app
        self._files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.js")}
        names = b"".join(name.encode() + b"\0" + _tag(body).encode() for name, body in sorted(self._files.items()))
        self._version = _tag(names)[:16]
        self._entry = f'export * from "./{self._version}/{ENTRY}";\n'.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(ROUTE):
            await self.app(scope, receive, send)
            return
        versioned = VERSIONED.fullmatch(path)
        name = versioned[2] if versioned else path.removeprefix(ROUTE)
        body = self._entry if not versioned and name == ENTRY else self._files.get(name)
        if body is None:
            await respond(404, "There is nothing here.", scope, receive, send)
            return
        kept = FOR_GOOD if versioned and versioned[1] == self._version else "no-cache"
        await _answer(body, Headers(scope=scope), kept)(scope, receive, send)


class KeptFiles:
    """Has browsers keep Gradio's own files, of which it says nothing: for good where a hash is in the name."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        kept = FOR_GOOD if HASHED.fullmatch(path) else "public, max-age=86400" if NEVER_NEW.fullmatch(path) else ""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 206):
                MutableHeaders(raw=message.setdefault("headers", [])).setdefault("Cache-Control", kept)
            await send(message)

        await self.app(scope, receive, marked if kept else send)


def _tag(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def _answer(body: bytes, asked: Headers, kept: str) -> Response:
    """The module, or that the browser has it: a proxy that packs it may have marked its tag as a weak one."""
    tag = f'"{_tag(body)}"'
    headers = {"ETag": tag, "Cache-Control": kept}
    known = {known.strip().removeprefix("W/") for known in asked.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="text/javascript")
