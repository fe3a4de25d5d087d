"""An answer on its way out: as it comes or as a whole, as long as there is somebody who reads it."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from starlette.responses import Response

from backend.chat.errors import FAULT, UserError, trace
from web.api.answer.chunks import DONE, as_event
from web.api.answer.flow import Flow
from web.api.errors import ApiError
from web.api.failures import as_api_error
from web.requests import Receive, Scope, Send

BEGIN_SECONDS = 10.0  # for which an error still has a status of its own; then the stream begins, with nothing in it
ALIVE_SECONDS = 15.0  # between two signs of life: proxies end what is silent for 30 s or more
ALIVE = b": waiting\n\n"
STOPPED = "The app is closing, so this answer ends here."
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold the stream back
]
log = logging.getLogger(__name__)


async def sent(
    flow: Flow, work: Coroutine[Any, Any, None], is_stream: bool, scope: Scope, receive: Receive, send: Send
) -> None:
    """Sends what `work` puts into the flow, until it ends or whoever asked goes away; returns when `work` is over.

    Raises ApiError in the place of an answer of which nothing was sent.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_gone(receive))
    for each in (working, leaving):
        each.add_done_callback(lambda _: flow.wake())
    try:
        if is_stream:
            await _stream(flow, working, leaving, send)
        else:
            await _whole(flow, working, leaving, scope, receive, send)
    finally:
        flow.is_over.set()
        leaving.cancel()
        await asyncio.wait({working})  # at the model's next step: only then there is a place for another answer
        if not working.cancelled():
            working.exception()  # has been told, or nobody is there to be told


async def _stream(flow: Flow, working: "asyncio.Future[None]", leaving: "asyncio.Future[None]", send: Send) -> None:
    is_begun = is_complete = False
    while not leaving.done():
        is_over = working.done()
        piece = await flow.take(0 if is_over else ALIVE_SECONDS if is_begun else BEGIN_SECONDS)
        if not piece and (leaving.done() or working.done()):
            if is_over or leaving.done():
                break
            continue
        if not is_begun:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            is_begun = True
        await send({"type": "http.response.body", "body": piece or ALIVE, "more_body": True})
        is_complete = is_complete or piece.endswith(DONE)  # a sign of life may follow
    if leaving.done():
        return
    error = _error(working, is_complete)
    if error and not is_begun:
        raise error
    await send({"type": "http.response.body", "body": as_event(error) if error else b"", "more_body": False})


async def _whole(
    flow: Flow,
    working: "asyncio.Future[None]",
    leaving: "asyncio.Future[None]",
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    answer = b""
    while not (working.done() or leaving.done()):
        answer += await flow.take(ALIVE_SECONDS)
    answer += await flow.take(0)
    if leaving.done():
        return
    if error := _error(working, bool(answer)):
        raise error
    await Response(answer, media_type="application/json")(scope, receive, send)


async def _gone(receive: Receive) -> None:
    """Returns when whoever asked is no longer there."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _error(working: "asyncio.Future[None]", is_complete: bool) -> ApiError | None:
    """What is told where an answer has not come to its end."""
    match working.exception():
        case None:
            return None if is_complete else ApiError(503, STOPPED)
        case ApiError() as error:
            return error
        case UserError() as error:
            return as_api_error(error)
        case error:
            log.error("an answer to a program failed: %s", trace(error))
            return ApiError(500, FAULT)
