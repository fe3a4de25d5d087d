"""How a process logs: everything as lines on stderr, without control characters and without anybody's words.

Messages of our own hold none. Libraries put values into theirs, and an error's text may hold them: of a library's
message what stands there without its values is written, of an error its type and where it came from.
"""

import io
import json
import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from backend.chat.errors import trace

OURS = {"__main__", "app", "backend", "ui", "web", "requests"}  # the first words of our loggers' names
LONGEST_TRACE, LONGEST_LINE = 8_000, 2_000  # characters
# https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters and what else a terminal or a reader obeys
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_WARNING = re.compile(r".*?:\d+: \w+")  # as warnings.formatwarning has it: the file, the line, the kind
log = logging.getLogger(__name__)


def write_logs(as_json: bool) -> None:
    """From now on warnings, errors and what threads fail at are such lines; with JSON also whatever is printed.

    Libraries that had set themselves up to log in their own way no longer do; those that set themselves up later do
    until this is called again.
    """
    if as_json and not isinstance(sys.stderr, _Printed):
        sys.stdout, sys.stderr = _Printed(sys.stdout, "stdout"), _Printed(sys.stderr, "stderr")
    stream = sys.stderr.written_to if isinstance(sys.stderr, _Printed) else sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLine() if as_json else PlainLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # what cannot be logged would be printed with its words
    for name in tuple(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    threading.excepthook = lambda told: _failed("a thread failed", told.exc_value)
    sys.unraisablehook = lambda told: _failed("an error was raised where nobody could take it", told.exc_value)
    traceback.print_exc = lambda *_, **__: _failed("an error was printed", sys.exc_info()[1])  # there is no hook for it


def _failed(what: str, error: BaseException | None) -> None:
    log.error(what, exc_info=error)


class PlainLine(logging.Formatter):
    """For a person: the message, and of an error where it came from, in lines that begin with blanks."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        return "\n    ".join([message(record), *_trace(record).splitlines()])


class JsonLine(logging.Formatter):
    """A line of JSON, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        line: dict[str, object] = {
            "time": _time(record.created), "level": record.levelname.lower(), "logger": record.name,
            "message": message(record), **getattr(record, "fields", {}),
        }  # fmt: skip
        told = _trace(record)
        return json.dumps(line | ({"trace": told} if told else {}))


def message(record: logging.LogRecord) -> str:
    """What may be written of a message: ours with its values, a library's first line without."""
    if record.name.partition(".")[0] in OURS:
        return plain(record.getMessage())
    if record.name == "py.warnings":
        found = _WARNING.match(record.getMessage())
        return plain(found[0] if found else "a warning")
    return plain(str(record.msg).partition("\n")[0])[:LONGEST_LINE]


def plain(text: str) -> str:
    """The text with its control characters as escapes; what comes after a line end cannot be taken for a new record."""
    shown = _CONTROL.sub(lambda sign: sign[0].encode("unicode_escape", "surrogatepass").decode(), text)
    return shown.replace("\n", "\n    ")


def _trace(record: logging.LogRecord) -> str:
    """Of an error, and of that before it, the type and where it came from."""
    error = record.exc_info[1] if record.exc_info else None
    return "".join(_told(error))[-LONGEST_TRACE:] if error else ""


def _told(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield f"{trace(before)}, and then\n"
    yield trace(error)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


class _Printed(io.TextIOBase):
    """Takes what is printed, and writes each line of it as JSON to a stream. Safe to use from several threads."""

    encoding = "utf-8"  # which whoever prints may ask for

    def __init__(self, written_to: TextIO, name: str) -> None:
        self.written_to, self._name = written_to, name
        self._begun = threading.local()

    def write(self, text: str) -> int:
        """See io.TextIOBase. What a bar of progress has written over on its line is left out."""
        *lines, rest = (getattr(self._begun, "rest", "") + text).split("\n")
        self._begun.rest = rest[-LONGEST_LINE:]
        for line in lines:
            if shown := plain(line.rstrip().rpartition("\r")[2])[:LONGEST_LINE]:
                said = {"time": _time(time.time()), "level": "info", "logger": self._name, "message": shown}
                self.written_to.write(json.dumps(said) + "\n")
        return len(text)

    def flush(self) -> None:
        """See io.TextIOBase."""
        self.written_to.flush()

    def fileno(self) -> int:
        """See io.TextIOBase."""
        return self.written_to.fileno()
