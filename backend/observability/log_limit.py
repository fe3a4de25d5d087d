"""How much is written of one kind of warning: whatever a stranger can cause a thousand times a second is one line.

A kind is a place in the code: the function that warns and, of an error, the line that raised it.
"""

import logging
import time
from dataclasses import dataclass, field

MOST, SECONDS = 5, 12.0  # of one kind at once, and for each further one
SERVER = "uvicorn"  # whose warnings are of requests that nobody's browser sends: one at once
MAX_KINDS = 1000
IS_WRITTEN = "is_written"  # what is found of a record, kept in it


@dataclass
class _Kind:
    left: float
    at: float = field(default_factory=time.monotonic)
    unwritten: int = 0


class LogLimit(logging.Filter):
    """Lets a few warnings of each kind through; the next that passes says how many did not."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[tuple[object, ...], _Kind] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter. A record that several handlers get is looked at once."""
        if record.levelno < logging.WARNING:
            return True
        if IS_WRITTEN not in vars(record):
            vars(record)[IS_WRITTEN] = self._has_room(record)
        return bool(vars(record)[IS_WRITTEN])

    def _has_room(self, record: logging.LogRecord) -> bool:
        most = 1 if record.name.startswith(SERVER) else MOST
        if len(self._kinds) >= MAX_KINDS:
            self._kinds.clear()
        kind = self._kinds.setdefault((record.name, record.funcName, _raised_at(record)), _Kind(most))
        kind.left = min(most, kind.left + (time.monotonic() - kind.at) / SECONDS)
        kind.at = time.monotonic()
        if kind.left < 1:
            kind.unwritten += 1
            return False
        kind.left -= 1
        if kind.unwritten:
            record.msg = f"{record.msg} (and {kind.unwritten} more like it before)"
            kind.unwritten = 0
        return True


def _raised_at(record: logging.LogRecord) -> tuple[object, ...]:
    """The type of the error that a record is of, and where it was raised."""
    kind, _, trace = record.exc_info or (None, None, None)
    while trace and trace.tb_next:
        trace = trace.tb_next
    return (kind, trace.tb_frame.f_code, trace.tb_lineno) if trace else (kind,)


def limit_logs() -> None:
    """Whatever is set up to write warnings by now writes so many."""
    limit = LogLimit()
    loggers = [logging.root, *map(logging.getLogger, tuple(logging.root.manager.loggerDict))]
    handlers = {handler for logger in loggers for handler in logger.handlers}
    for handler in {*handlers, *([logging.lastResort] if logging.lastResort else [])}:
        handler.addFilter(limit)
