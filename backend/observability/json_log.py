"""Logs for a machine to read: a line for each finished request, beside whatever else is logged (lines.py)."""

import logging
from collections.abc import Collection

from backend.engines.instrumented import Outcome, Stage

OTHER_TOOL = "(declared)"
log = logging.getLogger("requests")


class RequestLog:
    """Logs what requests come to; a Watcher. `tools` are those that ship: others' names are a visitor's words."""

    def __init__(self, tools: Collection[str] = ()) -> None:
        self._tools = frozenset(tools)
        log.setLevel(logging.INFO)

    def moved(self, before: Stage | None, after: Stage | None) -> None:
        """See Watcher."""

    def ended(self, outcome: Outcome) -> None:
        """See Watcher."""
        usage = outcome.usage
        fields = {
            "outcome": outcome.end,
            "error": outcome.error,
            "prompt_tokens": usage.prompt_tokens if usage else None,
            "new_tokens": usage.new_tokens if usage else None,
            "pictures": outcome.pictures,
            "seconds": _rounded(outcome.seconds),
            "seconds_to_first_token": _rounded(outcome.seconds_to_first_token),
            "tokens_per_second": _rounded(usage.tokens_per_second if usage else None),
            "tools": [name if name in self._tools else OTHER_TOOL for name in outcome.tools],
        }
        log.info("request finished", extra={"fields": fields})


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
