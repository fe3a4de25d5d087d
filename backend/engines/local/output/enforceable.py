"""What of a JSON Schema a grammar can be made of: as much as llguidance knows, keyword by keyword, field by field.

What is left out makes the grammar wider and never narrower, so that whatever fits the schema can be written.
https://github.com/guidance-ai/llguidance/blob/main/docs/json_schema.md
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import llguidance

from backend.json_schema.drafts import NEWEST, named
from backend.json_schema.enforced import UNENFORCED, asks
from backend.json_schema.references import inlined
from backend.json_schema.violations import with_patterns
from backend.json_schema.walk import changed

# As json.dumps writes it, and as the model learned it: free whitespace would allow an answer of nothing but blanks.
COMPACT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
_LENIENT = COMPACT | {"lenient": True}  # keywords and formats that it does not know count for nothing, oneOf is anyOf
_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_COSTLY = ("multipleOf", "pattern", "patternProperties", "format", "minLength", "maxLength", "minItems", "maxItems")
_ANY = {"type": "object"}

Schema = dict[str, Any]


@dataclass(frozen=True)
class Enforceable:
    """A JSON Schema, as text, that a grammar can be made of; `is_whole` where it asks all that was to be asked."""

    schema: str
    is_whole: bool


def anything(schema: str) -> Enforceable:
    """For a schema that nothing can be made of in time: an object, which whoever asks for arguments has to get."""
    return Enforceable(_compact(_ANY | _mark(json.loads(schema))), False)


def enforceable(schemas: Sequence[str], cheaply: bool = False) -> list[Enforceable]:
    """What can be enforced of each schema; without what may take long where it is to be had `cheaply`.

    A schema comes back as `anything` does where nothing of it can be. It costs time that nothing here bounds.
    """
    return [_enforceable(schema, cheaply) for schema in schemas]


def problem(schemas: Sequence[str]) -> str:
    """Why no grammar can be made in which an answer fits one of these schemas, or nothing."""
    rules = [f"rule{number}: %json {schema}" for number, schema in enumerate(schemas)]
    start = " | ".join(f"rule{number}" for number in range(len(schemas)))
    matcher = llguidance.LLMatcher(_bytes(), "\n".join((f"start: {start}", *rules)), log_level=0)
    error: str = matcher.get_error()
    return error


@cache
def _bytes() -> llguidance.LLTokenizer:
    """A vocabulary of bytes: what takes long does not depend on the vocabulary."""
    return llguidance.LLTokenizer("byte")


def _enforceable(text: str, cheaply: bool) -> Enforceable:
    given: Any = json.loads(text)
    schema = changed(inlined(given, named(given) or NEWEST), _in_its_words)
    schema = {**_mark(schema), **{key: value for key, value in schema.items() if key != "$schema"}}
    if not cheaply and not problem([whole := _compact(schema, COMPACT)]):
        return Enforceable(whole, True)
    ways: list[Callable[[Schema], Schema]] = [_plain]
    if schema.get("type") == "object":
        ways.append(_field_by_field)
    if not cheaply:
        ways = [lambda given: given, lambda given: with_patterns(given, _compiles), *ways]
    for way in ways:
        if not problem([part := _compact(way(schema))]):
            return Enforceable(part, False)
    return anything(text)


def _compact(schema: Schema, how: Schema = _LENIENT) -> str:
    return json.dumps(schema | {"x-guidance": how}, ensure_ascii=False)


def _mark(schema: Any) -> Schema:
    """The draft, where it is not the one that llguidance takes for granted; names that it does not know it refuses."""
    return {"$schema": draft} if (draft := named(schema)) and draft != NEWEST else {}


def _in_its_words(part: Schema) -> Schema:
    """Without what it would refuse for its spelling, and mistral-common for being of another draft."""
    for key in _COUNTS:
        if isinstance(part.get(key), float):
            part[key] = int(part[key])
    for end in ("minimum", "maximum"):
        key = f"exclusive{end.capitalize()}"
        if isinstance(part.get(key), bool) and part.pop(key) and end in part:
            part[key] = part.pop(end)
    return {key: value for key, value in part.items() if key not in UNENFORCED or asks(part, key)}


def _plain(schema: Schema) -> Schema:
    """Without keywords that it may not manage, or only in a long time."""

    def change(part: Schema) -> Schema:
        lost = [key for key in _COSTLY if key in part]
        if "patternProperties" in lost:
            lost += ["additionalProperties", "unevaluatedProperties"]
        return {key: value for key, value in part.items() if key not in lost}

    made: Schema = changed(schema, change)
    return made


def _field_by_field(schema: Schema) -> Schema:
    """The names of the fields, and of each what can be enforced alone."""
    schema = _plain(schema)
    fields = schema.get("properties")
    kept = {key: schema[key] for key in ("$schema", "$defs", "definitions", "required") if key in schema}
    around = {key: schema[key] for key in ("$schema", "$defs", "definitions") if key in schema}

    def alone(field: Any) -> Any:
        return (
            field if not problem([_compact(_ANY | around | {"properties": {"a": field}, "required": ["a"]})]) else True
        )

    named_fields = {name: alone(field) for name, field in fields.items()} if isinstance(fields, dict) else {}
    return _ANY | kept | {"properties": named_fields}


def _compiles(pattern: str) -> bool:
    return not problem([_compact({"type": "string", "pattern": pattern}, COMPACT)])
