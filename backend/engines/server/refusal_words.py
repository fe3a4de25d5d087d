"""What a server says in place of an answer: what of it is for people to read, and what of that may go into a log.

A refusal often repeats what it refuses, and may tell of keys, of hosts and of other people's requests, in any form. So
only words that are common in refusals go into the log, the model's name, and short numbers that the request does not
hold; and four common words in a row do not where the request holds them so.
"""

import json
import re
from collections.abc import Iterator, Mapping

LONGEST = 300  # characters that go into the log
_READ = 4_000  # of what a server says, for that
_DIGITS = 6  # of a number; a longer one may be a secret
_RUN = 4
_TOLD = ("message", "msg", "error", "detail", "title", "reason")  # the fields that hold words for people
_TAG = re.compile(r"<[^<>]*>")
_PIECE = re.compile(r"\\?[A-Za-z0-9]+|.")  # with what escapes it, as Python's and JSON's forms of other characters have
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        a accepted after again all allocate allocated allowed already an and any api are array assistant at
        attempt auto available backend bad batch be been before body but by bytes call calls cannot chat check
        choice choices closed code completion completions connect connection content contents context could cpu
        crashed created cuda dead decode default detail device did died disabled disk do does down empty enable
        enabled encode endpoint engine error event exceed exceeded exceeds exception exist exited expected
        expired extra failed failure false field fields finish for forbidden format found from full function
        functions gateway gb generate generation gib got gpu has have header headers http https id ids image
        images in include index initialize input inputs internal internally invalid is it its json k kb kernel
        key kib kv large larger last least left length less limit list load loaded loading long longer manager
        max maximum mb memory message messages method mib min missing mode model models module moment more most
        must name names need needs new nginx no none not nothing null number object of on one only open
        operation options or out over overloaded p page parameter parameters params parse parser parsing path
        penalty permitted please port prefix process processing prompt property protocol provided provider proxy
        quantization queue quota rate reached read reason refused released repetition request requested requests
        required requires reset resource resources response restart retry role running same schema seed send
        sent sequence sequences server service set setting shape short should size slot slots small start
        started starting status still stop stopped stream string such support supported supports system
        temperature template temporarily tensor tensors terminated text than that the their there thing this
        thread time timeout to token tokenizer tokens too tool tools top tried true try two type unable
        unavailable under unexpected unexpectedly unknown unrecognized unsupported up upstream url usage use
        used user valid validation value version vision wait waiting was were when while with within without
        worker workers wrong you your zero
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
    """What a server says, in printable ASCII: common words and short numbers, a mark for all else."""
    pieces = _PIECE.findall(said(words)[:_READ])
    written = [value for name, value in request.items() if name != "model"]
    asked = f" {re.sub('[^a-z0-9]+', ' ', ' '.join(_strings(written)).lower())} "
    named = f" {re.sub('[^a-z0-9]+', ' ', str(request.get('model', '')).lower())} "
    places = [place for place, piece in enumerate(pieces) if piece[-1].isascii() and piece[-1].isalnum()]
    tokens = [pieces[place].lower() for place in places]
    cut = {place for place, token in zip(places, tokens, strict=True) if _tells(token, asked, named)}
    for start in range(len(tokens) - _RUN + 1):
        if f" {' '.join(tokens[start : start + _RUN])} " in asked:
            cut.update(places[start : start + _RUN])
    cut.update(place for place, piece in enumerate(pieces) if not (piece.isascii() and piece.isprintable()))
    text = "".join("…" if place in cut else piece for place, piece in enumerate(pieces))
    return re.sub(r"…(?:[^A-Za-z0-9]*…)+", "…", text)[:LONGEST]


def _tells(token: str, asked: str, named: str) -> bool:
    """Whether a word could be anybody's."""
    if token in _COMMON or f" {token} " in named:
        return False
    return not (token.isdigit() and len(token) <= _DIGITS) or token in asked


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
