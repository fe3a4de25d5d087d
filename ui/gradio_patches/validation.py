"""Events that no page would send are refused in one sentence, and with one line in the log.

Gradio by itself would show a bare "Error" and log a traceback that holds the values, a visitor's words among them.
"""

import json
import logging
import math
import re
from typing import Any

import gradio as gr
from fastapi import HTTPException
from fastapi.exceptions import RequestValidationError
from gradio.block_function import BlockFunction
from gradio.state_holder import SessionState
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ui.gradio_patches.uploads import names_only_uploads

UNKNOWN = "The page asked for something that this app does not have. Reload the page."
UNFIT = "The page sent something that does not fit its fields. Reload the page and try again."
# What reading a value of a wrong type, shape or size was seen to raise.
WRONG = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, OSError)
OUT_OF_RANGE = re.compile(r"Value \S{1,40} is \w+ than \w+ value \S+\.")  # Gradio's own sentence on a number
SESSION = re.compile(r"\w{1,64}", re.ASCII)
log = logging.getLogger(__name__)


class ValidatedBlocks(gr.Blocks):
    """Checks what an event brings before its handler sees it."""

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], state: SessionState | None, explicit_call: bool = False
    ) -> list[Any]:
        """See gr.Blocks. Raises gr.Error."""
        for block, value in zip(block_fn.inputs, inputs, strict=False):
            if not (_fits(block, value) if isinstance(block, gr.BrowserState) else names_only_uploads(value)):
                raise _unfit(f"{block_fn.name}: a file that was not uploaded, for {type(block).__name__}")
        try:
            values: list[Any] = await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error as error:
            if OUT_OF_RANGE.fullmatch(error.message):
                raise gr.Error(error.message, print_exception=False) from None
            raise _unfit(f"{block_fn.name}: {type(error).__name__}") from None
        except WRONG as error:
            raise _unfit(f"{block_fn.name}: {type(error).__name__}") from None
        for block, value in zip(block_fn.inputs, values, strict=False):
            if not _fits(block, value):
                raise _unfit(f"{block_fn.name}: {type(value).__name__} for {type(block).__name__}")
        return values


def _fits(block: Any, value: Any) -> bool:
    """Whether a value is of its component's type, for those components that pass on whatever the page sends."""
    if value is None:
        return True
    if isinstance(block, gr.BrowserState):  # ours hold texts by name
        return isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    if isinstance(block, gr.Slider):  # "not a number" is within every range
        return not isinstance(value, bool) and -math.inf < value < math.inf
    if isinstance(block, gr.Checkbox):
        return isinstance(value, bool)
    return isinstance(value, str) if isinstance(block, gr.Code) else True


def _unfit(what: str) -> gr.Error:
    log.warning("refused an event: %s", what)
    return gr.Error(UNFIT, print_exception=False)


async def check_call(request: Request) -> None:
    """Refuses a call of an event that no page would send. Raises HTTPException."""
    if not request.url.path.rstrip("/").endswith("/queue/join"):
        return
    try:
        body = await request.json()  # read once: the route finds it there
    except (ValueError, RecursionError):
        return  # the route says so
    if isinstance(body, dict) and not (
        _names_page(body)
        and _is_text(body, await request.body())
        and names_only_uploads(body.get("event_data"), marked=False)
    ):
        log.warning("refused a call that no page would send")
        raise HTTPException(400, UNFIT)


def _names_page(body: dict[str, Any]) -> bool:
    """Whether the call is of one page, and not a batch of calls."""
    return bool(SESSION.fullmatch(str(body.get("session_hash")))) and not body.get("batched")


def _is_text(body: dict[str, Any], raw: bytes) -> bool:
    """Whether texts are of whole characters: half of one could not be sent back, and would tear the page's stream."""
    try:
        return b"\\ud" not in raw.lower() or bool(json.dumps(body, ensure_ascii=False).encode())
    except (UnicodeEncodeError, RecursionError):
        return False


async def unknown(request: Request, error: Exception) -> Response:
    """Answers a call of something that is not there: Gradio looks events and sessions up without asking."""
    log.warning("refused a call of %s: %s", request.url.path.partition("=")[0], type(error).__name__)
    return JSONResponse({"detail": UNKNOWN}, 400)


async def malformed(request: Request, error: Exception) -> Response:
    """Answers a body that is not of the form that the page sends."""
    return JSONResponse({"detail": UNFIT}, 400)


REFUSALS = {KeyError: unknown, RequestValidationError: malformed}  # the exception handlers of the served app
