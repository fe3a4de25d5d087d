"""Calls that no page would send are refused in one sentence, and with one line in the log.

Why: Gradio looks events and sessions up without asking whether there are such, runs batches of calls, and reads files
that what an event tells of itself names. By itself it answers with a traceback in the log, or tears the page's stream.
Seen with: Gradio 6.31.0; the body of /queue/join is its PredictBody, what is not there is a KeyError.
Without it: anybody fills the log, and has the server open files and fetch addresses.
Remove when: Gradio answers such calls with 4xx by itself.
"""

import json
import logging
import re
from typing import Any

from fastapi import HTTPException
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ui.gradio_patches.uploads import names_only_uploads
from ui.gradio_patches.validation import UNFIT
from web.incoming.names import NAME

UNKNOWN = "The page asked for something this app doesn't have. Reload the page."
ROUTES = ("/queue/join", "/cancel", "/reset")
NAMES = ("session_hash", "event_id")  # in their bodies
FIELDS = ("session_hash", "event_id", "batched", "event_data")  # of a call, that are read here
ROUTE = re.compile("(/gradio_api)?/[a-z_]{1,20}")  # what of a path the log tells: not what a visitor names in it
# Of a call without what its event tells: no model of this app reads as much. What changes tells its value beside it, an
# edit what was there as well, so that a text comes twice; web/limits.py has the end of all.
MAX_BYTES = 1_000_000
TOO_LONG = "This is over 1 MB with the system prompt and tools. Shorten it, or split it into several messages."
log = logging.getLogger(__name__)


async def check_call(request: Request) -> None:
    """Refuses a call of an event that no page would send, or that ends one. Raises HTTPException."""
    if not request.scope["path"].rstrip("/").endswith(ROUTES):
        return
    raw = await request.body()
    try:
        body = await request.json()  # read once: the route finds it there
    except (ValueError, RecursionError):
        return  # the route says so
    if isinstance(body, dict) and not (
        _names_page(body)
        and not body.get("batched")
        and _is_text(body, raw)
        and names_only_uploads(body.get("event_data"), marked=False)
    ):
        log.warning("refused a call that no page would send")
        raise HTTPException(400, UNFIT)
    if len(raw) > MAX_BYTES and len(raw) - _told(body) > MAX_BYTES:
        raise HTTPException(413, TOO_LONG)


def _told(body: Any) -> int:
    """Bytes of what the event tells, however it is spelled; none of what nests too deep."""
    told = body.get("event_data") if isinstance(body, dict) else None
    try:
        return len(json.dumps(told, ensure_ascii=False).encode()) if told else 0
    except RecursionError:
        return 0


def _names_page(body: dict[str, Any]) -> bool:
    """Whether a call is of a page, which names it, and all its names are plain ones."""
    names = [body[name] for name in NAMES if body.get(name) is not None]
    return bool(names) and all(isinstance(name, str) and NAME.fullmatch(name) for name in names)


def _is_text(body: dict[str, Any], raw: bytes) -> bool:
    """Whether texts are of whole characters: half of one could not be sent back, and would tear the page's stream."""
    try:
        return b"\\ud" not in raw.lower() or bool(json.dumps(body, ensure_ascii=False).encode())
    except (UnicodeEncodeError, RecursionError):
        return False


async def unknown(request: Request, error: Exception) -> Response:
    """Answers a call of something that is not there: Gradio looks events and sessions up without asking."""
    route = ROUTE.match(request.scope["path"])
    log.warning("refused a call of %s: %s", route and route[0], type(error).__name__)
    return JSONResponse({"detail": UNKNOWN}, 400)


async def malformed(request: Request, error: Exception) -> Response:
    """Answers a body that is not of the form that the page sends."""
    return JSONResponse({"detail": UNFIT}, 400)


REFUSALS = {KeyError: unknown, RequestValidationError: malformed}  # the exception handlers of the served app
