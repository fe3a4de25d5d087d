"""Logs for a machine to read: a line of JSON for each finished request, and for whatever else is logged.

Without it, warnings are plain text on stderr and requests are not logged: the terminal of a person who runs it at home.
"""

import json
import logging
from datetime import UTC, datetime

from backend.engines.instrumented import Outcome, Stage

log = logging.getLogger("requests")


def speak_json() -> None:
    """From now on everything that is logged is a line of JSON on stderr.

    Libraries that had set themselves up to print in their own way no longer do; those that set themselves up later do
    until this is called again.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    for name in tuple(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    log.setLevel(logging.INFO)


class RequestLog:
    """Logs what requests come to; a Watcher."""

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
            "tools": outcome.tools,
        }
        log.info("request finished", extra={"fields": fields})


class _JsonLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        trace = {"trace": self.formatException(record.exc_info)} if record.exc_info else {}
        return json.dumps(line | getattr(record, "fields", {}) | trace, ensure_ascii=False)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
