"""What a server says in place of an answer: what of it is for people to read, and what of that may go into a log.

A refusal often repeats what it refuses. So a word goes into the log only where the request does not hold it, or where
it is common in refusals; and four common ones in a row do not where the request holds them so.
"""

import json
import re
from collections.abc import Iterator, Mapping

LONGEST = 300  # characters that go into the log
_READ = 4_000  # of what a server says, for that
_WORD = 40  # characters; what is longer is a key, a picture or a hash
_RUN = 4
_TOLD = ("message", "msg", "error", "detail", "title", "reason")  # the fields that hold words for people
_TAG = re.compile(r"<[^<>]*>")
_PIECE = re.compile(r"\\?[A-Za-z0-9]+|.")  # with what escapes it, as Python's and JSON's forms of other characters have
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        a again all allowed an and any api are array assistant at available bad be been before body but by call calls
        cannot chat choice code completion completions connection content context could cuda detail did disabled do
        does down enable enabled error event exceed exceeded exceeds exist expected extra failed failure false field
        fields finish for forbidden format found from function functions gateway gpu has have image images in include
        input inputs internal invalid is it its json k key larger length less limit list loaded loading longer max
        maximum memory message messages method min missing mode model models must name no not null number object of on
        only options or out overloaded p parameter parameters params parse parser penalty permitted please process
        prompt property provided provider quota rate reached read repetition request requested requests required
        requires response role running schema seed server service set should size still stop stream string support
        supported supports system temperature template temporarily text than that the there this time timeout to token
        tokenizer tokens too tool tools top true try type unable unavailable unexpected unexpectedly unknown
        unrecognized unsupported url usage use used user valid value version was were when while with within without
        you your
        """,
    )
)


def said(words: str) -> str:
    """The sentences of a refusal, without what it repeats; of a page, its text."""
    try:
        found = list(dict.fromkeys(_sentences(json.loads(words))))
    except (ValueError, RecursionError):
        found = [_TAG.sub(" ", words)]
    return " ".join(" ".join(found).split())


def loggable(words: str, request: Mapping[str, object]) -> str:
    """What a server says, in printable ASCII, without words of the request's that could tell what was written in it."""
    pieces = _PIECE.findall(said(words)[:_READ])
    written = [value for name, value in request.items() if name != "model"]
    asked = f" {re.sub('[^a-z0-9]+', ' ', ' '.join(_strings(written)).lower())} "
    places = [place for place, piece in enumerate(pieces) if piece[-1].isascii() and piece[-1].isalnum()]
    tokens = [pieces[place].lower() for place in places]
    cut = {place for place, token in zip(places, tokens, strict=True) if _tells(token, asked)}
    for start in range(len(tokens) - _RUN + 1):
        if f" {' '.join(tokens[start : start + _RUN])} " in asked:
            cut.update(places[start : start + _RUN])
    cut.update(place for place, piece in enumerate(pieces) if not (piece.isascii() and piece.isprintable()))
    text = "".join("…" if place in cut else piece for place, piece in enumerate(pieces))
    return re.sub(r"…(?:[^A-Za-z0-9]*…)+", "…", text)[:LONGEST]


def _tells(token: str, asked: str) -> bool:
    """Whether a word is one of the request's, or a part of one."""
    return token not in _COMMON and (token in asked or token.startswith("\\") or len(token) > _WORD)


def _sentences(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _sentences(inner)
    elif isinstance(value, dict):
        for name in _TOLD:
            yield from _sentences(value.get(name))


def _strings(value: object) -> Iterator[str]:
    """All texts of a request, its fields' names among them, but for pictures."""
    if isinstance(value, str) and not value.startswith("data:"):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)
