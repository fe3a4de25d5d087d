"""What counts for each request, and how what it brings along is checked: within limits."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from backend.chat.errors import ToolsInvalid
from backend.chat.messages import ToolSpec
from backend.sandbox.once import Once
from backend.sandbox.pool import Busy, LimitReached, Run
from backend.tools.schemas import MAX_TEXT, parse_all
from web.api.errors import ApiError

TOO_LONG = "The tools take too long to check. Make their schemas smaller or simpler."
BUSY = "Too many schemas are being checked right now. Try again in a moment."
RETRY_SECONDS = 2
REMEMBERED = 32  # texts, of up to MAX_TEXT characters


@dataclass(frozen=True)
class Defaults:
    """What counts for each request: the names that models go by, the first being that of the one that answers; the
    longest answer, in tokens, which is also that of who names none; and how many pictures there can be.

    `read_tools` gives all tools in a JSON text, or raises ToolsInvalid, as parse_all; `schema_fault` says what is wrong
    with a schema for answers, and nothing where it can be used. Both may take seconds.
    """

    models: tuple[str, ...] = ()
    max_tokens: int = 4096
    max_images: int = 10
    read_tools: Callable[[str], tuple[ToolSpec, ...]] = parse_all
    schema_fault: Callable[[str], str] = lambda _: ""


def reader_of_tools(run: Run) -> Callable[[str], tuple[ToolSpec, ...]]:
    """Defaults.read_tools in processes with limits; `run` is as Sandbox.run. A program sends the same tools in each
    request, so each text is read once."""
    readings = lru_cache(REMEMBERED)(lambda text: Once(partial(_reading, run, text)))

    def read(text: str) -> tuple[ToolSpec, ...]:
        if len(text) > MAX_TEXT:
            return parse_all(text)  # which says so at once, and leaves nothing to remember
        try:
            found = readings(text).value()
        except Busy as error:
            raise ApiError(503, BUSY, "tools", "overloaded", RETRY_SECONDS) from error
        if isinstance(found, str):
            raise ToolsInvalid(found)
        return found

    return read


def _reading(run: Run, text: str) -> tuple[ToolSpec, ...] | str:
    """The tools in a text, or what is wrong with it. Raises Busy."""
    try:
        specs: tuple[ToolSpec, ...] = run(parse_all, text)
    except ToolsInvalid as error:
        return str(error)
    except LimitReached:
        return TOO_LONG
    return specs
