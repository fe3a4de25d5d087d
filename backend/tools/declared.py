"""The tools that people declare in the page's editor: each text is read once, within limits."""

from collections.abc import Set
from functools import lru_cache, partial

from backend.chat.errors import ToolsInvalid
from backend.sandbox.once import Once
from backend.sandbox.pool import Busy, LimitReached, Run, directly
from backend.tools.schemas import MAX_TEXT, Reading, read_specs
from backend.tools.toolbox import Tool

REMEMBERED = 16  # texts, of up to MAX_TEXT characters
TOO_LONG = "This takes too long to check. Make the schemas smaller or simpler."
BUSY = "Too many tools are being checked right now. Try again in a moment."


class DeclaredTools:
    """Reads what is in the editor. Safe to use from threads."""

    def __init__(self, run: Run = directly) -> None:
        """`run` is how a text is read, see Sandbox.run."""
        self._readings = lru_cache(REMEMBERED)(lambda text, taken: Once(partial(_reading, run, text, taken)))

    def read(self, text: str, taken: Set[str] = frozenset()) -> tuple[Tool, ...]:
        """The tools that can be used. Raises ToolsInvalid where there are tools and none can."""
        read = self.reading(text, taken)
        if read.refused and not read.specs:
            raise ToolsInvalid(read.refused[0])
        return tuple(Tool(spec) for spec in read.specs)

    def reading(self, text: str, taken: Set[str] = frozenset()) -> Reading:
        """See read_specs. Raises ToolsInvalid."""
        if not text.strip() or len(text) > MAX_TEXT:
            return read_specs(text)  # at once, and nothing to remember
        try:
            read = self._readings(text, frozenset(taken)).value()
        except Busy as error:
            raise ToolsInvalid(BUSY) from error
        if isinstance(read, str):
            raise ToolsInvalid(read)
        return read


def _reading(run: Run, text: str, taken: Set[str]) -> Reading | str:
    """What is read in a text, or what is wrong with it. Raises Busy."""
    try:
        read: Reading = run(read_specs, text, taken)
    except ToolsInvalid as error:
        return str(error)
    except LimitReached:
        return TOO_LONG
    return read
