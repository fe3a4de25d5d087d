"""What a person meant as the schema of an answer: what is around it is left off, and what asks nothing is found."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Any

from backend.chat.settings import MAX_SCHEMA
from backend.json_schema.drafts import DRAFTS
from backend.json_schema.walk import Steps, schemas

MAX_WORD, MAX_UNKNOWN = 40, 50  # characters, and words that are compared with the keywords
_NOTES = (
    "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment",
    "$schema", "$id", "id", "$anchor", "$defs", "definitions", "$vocabulary", "$dynamicAnchor", "$recursiveAnchor",
    "$recursiveRef", "contentEncoding", "contentMediaType", "contentSchema", "nullable", "strict",
)  # fmt: skip
_SHAPES = ("type", "properties", "required", "$ref", "enum", "const", "anyOf", "oneOf", "allOf", "not", "if")
_ASKING = frozenset(
    name for validator in DRAFTS.values() for name in validator.VALIDATORS
) | {"then", "else", "minContains", "maxContains", "additionalItems"}  # fmt: skip
KEYWORDS = _ASKING.union(_NOTES)
_AROUND = ("response_format", "json_schema", "schema", "format", "parameters", "input_schema", "inputSchema")
_BESIDE = {"name", "strict", "description", "type", "title"}  # of what is around a schema


def unwrapped(text: str) -> str:
    """The schema in a text: what OpenAI's `response_format` and other requests have around it is left off.

    A text in which there is nothing around a schema is given back as it is.
    """
    try:
        value = json.loads(text) if len(text) <= MAX_SCHEMA else None
    except (ValueError, RecursionError):
        return text
    inner = within(value)
    return text if inner is value else json.dumps(inner, ensure_ascii=False, indent=2)


def within(value: Any) -> Any:
    """The same for a JSON value."""
    while isinstance(value, dict):
        key = next((key for key in _AROUND if isinstance(value.get(key), dict)), None)
        others = set(value) - {key}
        if key is None or not others <= _BESIDE or value.get("type", "json_schema") not in ("json_schema", "function"):
            break
        value = value[key]
    return value


def asks_nothing(schema: dict[str, Any]) -> bool:
    """Whether every JSON value fits this schema for want of any keyword that asks something."""
    return not any(key in _ASKING for key in schema)


def is_example(schema: dict[str, Any]) -> bool:
    """Whether it is data rather than a schema: it has fields of its own, and says nowhere what shape is asked for."""
    own = [key for key in schema if key not in KEYWORDS]
    return bool(own) and not any(key in schema for key in _SHAPES) and not get_close_matches("properties", own)


def misspelled(schema: dict[str, Any]) -> Iterator[tuple[Steps, str]]:
    """The places of words that are no keywords and look like one, and that one."""
    unknown = (
        (steps, key)
        for steps, part in schemas(schema)
        for key in part
        if key not in KEYWORDS and not key.startswith(("x-", "$")) and len(key) < MAX_WORD
    )
    for steps, key in islice(unknown, MAX_UNKNOWN):
        for keyword in get_close_matches(key, KEYWORDS, 1, 0.84):
            yield (*steps, key), keyword
