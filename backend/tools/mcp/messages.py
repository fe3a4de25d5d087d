"""How large a message of a server may be, and what is said in the place of one that is larger."""

import json
import re

from backend.json_schema.extent import outside_texts, values

MAX_MESSAGE = 12_000_000  # bytes: a few pictures, as base64
MAX_VALUES = 150_000  # of a message: 1,000 tools, as they are published, have about 60,000
CODE, TOO_LARGE, UNREADABLE = -32050, "too large", "not as the protocol has it"
CLOSED, ENDED = -32000, "Connection closed"  # as the SDK has it
# Some write the id first, some last; within texts the quotes would be escaped.
_FIRST = re.compile(rb'^\s*\{\s*"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(\d{1,18})\s*,')
_LAST = re.compile(rb'"id"\s*:\s*(\d{1,18})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$')
ENDS = 256  # bytes of its beginning and of its end in which the id is looked for


def answered_id(begin: bytes, end: bytes) -> int | None:
    """Which request a message answers, by its beginning and its end."""
    found = _FIRST.search(begin) or _LAST.search(end)
    return int(found.group(1)) if found else None


def refusal(id: int, message: str = TOO_LARGE, code: int = CODE) -> bytes:
    """The message that says in place of its answer what is wrong with this request."""
    return json.dumps({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}).encode()


def values_in(lines: bytes) -> int:
    """How many values whole lines of messages hold, or just over MAX_VALUES: JSON's texts have no line ends."""
    return values(outside_texts(lines, MAX_VALUES))
