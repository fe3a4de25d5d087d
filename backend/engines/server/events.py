"""Bytes -> server-sent events, each bounded.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import codecs
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from backend.engines.server.limits import MAX_BYTES, MAX_EVENT, Unbounded

_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class ServerEvent:
    """The data of an event, and whether it is one of an error: by its name, or by its field, as llama.cpp has it.

    `is_whole` says that it is all that was sent: a body of JSON, where a stream was asked for.
    """

    data: str
    is_error: bool = False
    is_whole: bool = False


def events(pieces: Iterable[bytes]) -> Generator[ServerEvent, None, None]:
    """The events of a stream, or a body of JSON as the only one. Raises Unbounded.

    Other than in the standard the last event counts where no empty line ends it: some servers leave that out.
    """
    source = _bounded(pieces)
    beginning = _beginning(source)
    rest = chain([beginning], source)
    if not beginning.startswith(b"{"):  # no line of a stream begins so
        yield from _events(rest)
        return
    body = bytearray()
    for piece in rest:
        body += piece
        _check(len(body))
    yield ServerEvent(body.decode("utf-8", "replace"), is_whole=True)


def _events(pieces: Iterable[bytes]) -> Generator[ServerEvent, None, None]:
    data, size, is_error = list[bytes](), 0, False
    for line in chain(_lines(pieces), [b""]):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name in (b"data", b"error"):
            data.append(value)
            size += len(value) + 1
            _check(size)
        if name == b"error" or (name, value) == (b"event", b"error"):
            is_error = True
        if not line:
            if data:
                yield ServerEvent(b"\n".join(data).decode("utf-8", "replace"), is_error)
            data, size, is_error = [], 0, False


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines, ended in any of the three ways, but not by what else Python takes for an end: JSON may hold that."""
    rest, after_return = bytearray(), False
    for piece in pieces:
        if after_return and piece.startswith(b"\n"):
            piece = piece[1:]  # the line is already out
        after_return = piece.endswith(b"\r")
        rest += piece
        if b"\n" in piece or b"\r" in piece:
            *lines, last = _LINE_END.split(bytes(rest))
            yield from lines
            rest = bytearray(last)
        _check(len(rest))
    yield bytes(rest)


def _beginning(source: Iterator[bytes]) -> bytes:
    """As much as tells what it is the beginning of, without a byte order mark and blanks."""
    beginning = b""
    for piece in source:
        beginning = (beginning + piece).removeprefix(codecs.BOM_UTF8).lstrip()
        if len(beginning) > len(codecs.BOM_UTF8):
            break
    return beginning


def _bounded(pieces: Iterable[bytes]) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > MAX_BYTES:
            raise Unbounded("an answer")
        yield piece


def _check(size: int) -> None:
    if size > MAX_EVENT:
        raise Unbounded("an event")
