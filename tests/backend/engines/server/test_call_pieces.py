"""Calls in pieces as small as a server may make them: which belong together, and what that costs."""

import pytest

from backend.chat.request import TextDelta, ThoughtDelta
from backend.engines.server.call_pieces import CallPieces
from backend.engines.server.chunks import CallPiece, Chunk
from backend.engines.server.reading import Reading

WHOLE = ['{"a": "}"}', '{"a\\\\": [1, {"b": "\\"{"}]}', "[]", "null", "12.5", '"a text"']
BROKEN = ["", " ", "{", '{"a": "}', '{"a": [1}', "{a}", '{"a": "\\"}', "nul", "}"]


def put_together(*pieces: tuple[str, str, str]) -> list[tuple[str, str]]:
    """Names and arguments of the calls that these pieces, each an id, a name and arguments, come to."""
    calls = CallPieces()
    for id, name, arguments in pieces:
        calls.add(CallPiece(None, id, name, arguments))
    return [(call.name, call.arguments) for call in calls.calls()]


@pytest.mark.parametrize("arguments", WHOLE)
def test_after_whole_arguments_the_same_name_begins_another_call(arguments: str) -> None:
    single = [("", "add" if not place else "", sign) for place, sign in enumerate(arguments)]
    for pieces in ([("", "add", arguments)], single):
        assert put_together(*pieces, ("", "add", "{}")) == [("add", arguments), ("add", "{}")]


@pytest.mark.parametrize("arguments", BROKEN)
def test_before_arguments_are_whole_the_same_name_goes_on_with_them(arguments: str) -> None:
    single = [("", "add", sign) for sign in arguments]
    for pieces in ([("", "add", arguments)], single):
        assert put_together(*pieces, ("", "add", "{}")) == [("add", arguments.strip() + "{}")]


def test_what_comes_faster_than_it_is_read_comes_as_one() -> None:
    reading = Reading(1.0)
    for _ in range(1000):
        reading.take(Chunk(thought="so "))
    for _ in range(1000):
        reading.take(Chunk(text="on "))
    reading.items.put(None)
    assert list(reading.events()) == [ThoughtDelta("so " * 1000), TextDelta("on " * 1000)]
