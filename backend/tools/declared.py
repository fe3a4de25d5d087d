"""The tools that people declare in the page's editor: each text is read once, within limits."""

from collections.abc import Set
from functools import lru_cache, partial

from backend.chat.errors import ToolsInvalid
from backend.sandbox.once import Once
from backend.sandbox.pool import Busy, LimitReached, Run, directly
from backend.tools.schemas import MAX_TEXT
from backend.tools.toolbox import Tool, parse_tools

REMEMBERED = 32  # texts, of up to MAX_TEXT characters
TOO_LONG = "This takes too long to check. Make the schemas smaller or simpler."
BUSY = "Too many tools are being checked right now. Try again in a moment."


class DeclaredTools:
    """Reads what is in the editor. Safe to use from threads."""

    def __init__(self, run: Run = directly) -> None:
        """`run` is how a text is read, see Sandbox.run."""
        self._readings = lru_cache(REMEMBERED)(lambda text, taken: Once(partial(_reading, run, text, taken)))

    def read(self, text: str, taken: Set[str] = frozenset()) -> tuple[Tool, ...]:
        """See parse_tools. Raises ToolsInvalid."""
        if not text.strip() or len(text) > MAX_TEXT:
            return parse_tools(text)  # at once, and nothing to remember
        try:
            tools = self._readings(text, frozenset(taken)).value()
        except Busy as error:
            raise ToolsInvalid(BUSY) from error
        if isinstance(tools, str):
            raise ToolsInvalid(tools)
        return tools


def _reading(run: Run, text: str, taken: Set[str]) -> tuple[Tool, ...] | str:
    """The tools in a text, or what is wrong with it. Raises Busy."""
    try:
        tools: tuple[Tool, ...] = run(parse_tools, text, taken)
    except ToolsInvalid as error:
        return str(error)
    except LimitReached:
        return TOO_LONG
    return tools
