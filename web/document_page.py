"""/document-page: a page of an uploaded document as a small picture, for whoever may have the upload itself."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse

from backend.chat.errors import DocumentWaits, ImageWaits, UserError
from web.incoming.turns import Turns
from web.requests import App, Message, Receive, Scope, Send, respond, visitor

ROUTE = "/document-page"
OF_ONE, OF_ALL = 2, 8  # that are drawn at a time: each takes a thread until it is
MAX_QUERY = 8_000  # bytes
# The name of an upload is made of what is in it, so that its pages never change.
KEPT = {"Cache-Control": "private, max-age=86400, immutable"}
NOT_THERE = "There's nothing here."


class DocumentPages:
    """Answers ROUTE?file=<path>&page=<number>. `draw` gives the file, for a visitor, and raises UserError.

    Whether this visitor may have the upload is asked of Gradio, by a request for it: one place says who may what.
    """

    def __init__(self, app: App, draw: Callable[[str, str, int], Path], is_upload: Callable[[str], bool]) -> None:
        """`is_upload` says whether a path may be an upload's at all: Gradio follows addresses that it is asked for."""
        self.app = app
        self._draw, self._is_upload = draw, is_upload
        self._turns, self._all = Turns(OF_ONE), asyncio.Semaphore(OF_ALL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != ROUTE:
            await self.app(scope, receive, send)
            return
        asked = _asked(scope["query_string"])
        if asked is None or scope["method"] not in ("GET", "HEAD") or not await self._may_have(asked[0], scope):
            await respond(404, NOT_THERE, scope, receive, send)
            return
        who = visitor(scope)
        try:
            async with self._turns.of(who), self._all:
                file = await run_in_threadpool(self._draw, who, *asked)
        except UserError as error:
            waits = isinstance(error, DocumentWaits | ImageWaits)
            await respond(503 if waits else 404, str(error), scope, receive, send)
            return
        await FileResponse(file, media_type="image/png", headers=KEPT)(scope, receive, send)

    async def _may_have(self, path: str, scope: Scope) -> bool:
        """Whether Gradio would give this visitor the upload."""
        if not self._is_upload(path):
            return False
        route = f"/gradio_api/file={path}"
        status = 404

        async def note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)

        asked = {**scope, "method": "HEAD", "path": route, "raw_path": quote(route).encode(), "query_string": b""}
        await self.app(asked, _nothing, note)
        return status == 200


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _asked(query: bytes) -> tuple[str, int] | None:
    """The path and the number that are asked for; None where there are none."""
    if len(query) > MAX_QUERY:
        return None
    try:
        found = parse_qs(query.decode("ascii"), strict_parsing=True, max_num_fields=2, errors="strict")
    except ValueError:
        return None
    path, number = found.get("file", [""]), found.get("page", [""])
    is_number = len(number) == 1 and number[0].isascii() and number[0].isdigit() and len(number[0]) < 8
    return (path[0], int(number[0])) if len(path) == 1 and path[0] and is_number else None
