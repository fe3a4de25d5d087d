"""The tools that people declare in the page's editor: each text is read once, within limits."""

import threading
from collections.abc import Set
from functools import lru_cache

from backend.sandbox import Busy, LimitReached, Run, directly
from backend.tool_schemas import MAX_TEXT, ToolsInvalid
from backend.tools import Tool, parse_tools

REMEMBERED = 32  # texts, of up to MAX_TEXT characters
TOO_LONG = "This takes too long to check: make the schemas smaller or simpler."
BUSY = "This could not be checked, as many people's tools are being checked: try again in a moment."


class DeclaredTools:
    """Reads what is in the editor. Safe to use from threads: those that ask for the same text wait for one check."""

    def __init__(self, run: Run = directly) -> None:
        """`run` is how a text is read, see Sandbox.run."""
        self._reading = lru_cache(REMEMBERED)(lambda text, taken: _Reading(run, text, taken))

    def read(self, text: str, taken: Set[str] = frozenset()) -> tuple[Tool, ...]:
        """See parse_tools. Raises ToolsInvalid."""
        if not text.strip() or len(text) > MAX_TEXT:
            return parse_tools(text)  # at once, and nothing to remember
        outcome = self._reading(text, frozenset(taken)).outcome()
        if isinstance(outcome, str):
            raise ToolsInvalid(outcome)
        return outcome


class _Reading:
    """The tools in one text, or what is wrong with it, found when this is first asked."""

    def __init__(self, run: Run, text: str, taken: Set[str]) -> None:
        self._run, self._text, self._taken = run, text, taken
        self._lock = threading.Lock()
        self._outcome: tuple[Tool, ...] | str | None = None

    def outcome(self) -> tuple[Tool, ...] | str:
        with self._lock:
            if self._outcome is None:
                try:
                    self._outcome = self._read()
                except Busy:  # not remembered
                    return BUSY
            return self._outcome

    def _read(self) -> tuple[Tool, ...] | str:
        try:
            tools: tuple[Tool, ...] = self._run(parse_tools, self._text, self._taken)
        except ToolsInvalid as error:
            return str(error)
        except LimitReached:
            return TOO_LONG
        return tools
