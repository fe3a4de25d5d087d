"""The bytes of a request -> a JSON object. As the standard has it, and no more of it than can be read at once."""

import json
import re
from typing import Any

from backend.json_schema.extent import outside_texts, values
from backend.json_schema.numbers import finite, whole
from web.api.errors import ApiError

MAX_BYTES = 64_000_000
MAX_VALUES = 50_000  # and names: read under the interpreter's lock, which all else waits for
MAX_LEVELS = 100  # of what is within something
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")  # perhaps of a character of which the other half is missing
_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def json_object(body: bytes) -> dict[str, Any]:
    """The object that a body holds. Raises ApiError."""
    if len(body) > MAX_BYTES:
        raise ApiError(413, f"The request is larger than {MAX_BYTES // 1_000_000} MB.", code="request_too_large")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ApiError(400, f"The body isn't UTF-8: see byte {error.start + 1:,}.") from error
    _check_extent(body)
    try:
        value = json.loads(text, parse_constant=finite, parse_float=finite, parse_int=whole, object_pairs_hook=_object)
        if _HALF.search(body):
            _check_characters(value)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ApiError(400, f"The body isn't valid JSON: {where}: {error.msg}.") from error
    except UnicodeEncodeError as error:
        raise ApiError(400, "The body holds half of a character, between \\ud800 and \\udfff.") from error
    except ValueError as error:
        raise ApiError(400, f"The body isn't valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise ApiError(400, "The body must be a JSON object.")
    return value


def _check_characters(value: Any) -> None:
    """Raises UnicodeEncodeError where a text or a name has half of a character. Long ASCII costs nothing."""
    if isinstance(value, str) and not value.isascii():
        value.encode()
    for inner in value if isinstance(value, list) else (*value, *value.values()) if isinstance(value, dict) else ():
        _check_characters(inner)


def _check_extent(body: bytes) -> None:
    """Raises ApiError where the body has too many values, or nests them too deeply."""
    between = outside_texts(body, MAX_VALUES)
    if values(between) > MAX_VALUES:
        raise ApiError(413, f"The request holds more than {MAX_VALUES:,} values.", code="request_too_large")
    level = 0
    for bracket in between.translate(None, _BRACKETS):
        level += 1 if bracket in b"[{" else -1
        if level > MAX_LEVELS:
            raise ApiError(400, f"The body is nested deeper than {MAX_LEVELS} levels.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen = set[str]()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"an object has the name “{twice[:60]}” twice")
    return found
