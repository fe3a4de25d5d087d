"""How much of a server's is read at most. What a model can write lies far below each."""

import json
from typing import Any

MAX_EVENT = 8_000_000  # bytes of one event, or of an answer that comes in one piece
MAX_NESTS = 100_000  # objects and lists of one event or list: of 8 MB of empty ones a process would need 450 MB
MAX_BYTES = 100_000_000  # of a whole answer, with all that servers send around each of its words
MAX_TEXT = 2_000_000  # characters of an answer and its thoughts: fifteen for each token of the longest
MAX_CALLS = 100
MAX_NAME = 300  # characters of a call's name, or of its id
MAX_ARGUMENTS = 500_000  # characters of all calls' names, ids and arguments
MAX_REFUSAL = 64_000  # bytes of a refusal
REFUSAL_SECONDS = 10.0  # that a refusal may take to come


class Unbounded(Exception):
    """A server sends more than an answer can be."""


def read_json(content: str | bytes) -> Any:
    """What a server's JSON holds. Raises ValueError where it is none, or so dense that it is no answer of a model's.

    A bracket within a text counts too: a text of MAX_TEXT characters of code holds far fewer.
    """
    opening = ("{", "[") if isinstance(content, str) else (b"{", b"[")
    if sum(map(content.count, opening)) > MAX_NESTS:  # type: ignore[arg-type] # of the type that the content is of
        raise ValueError("too dense")
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
