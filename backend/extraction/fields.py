"""An answer and the schema that it was asked for with -> its values as a tree of fields, with the schema's titles."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backend.extraction.json_reader import Json, Kind, NotJson, Scalar, read_json

Path = tuple[str | int, ...]
MAX_LENGTH = 1_000_000  # characters of an answer: a second of work
_WORDS = re.compile(r"[_\-\s]+|(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Field:
    """One value of an answer. `title` is for people, `written` its text: a number's as the model wrote it.

    answer[start:end] is its JSON. An object and a list have `fields`, all others a `value`. What is not whole may
    go on. `choices` are the texts that the schema allows, where it lists them.
    """

    name: str
    title: str
    kind: Kind
    path: Path
    start: int
    end: int
    is_whole: bool = True
    value: Scalar = None
    written: str = ""
    fields: tuple["Field", ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def is_nested(self) -> bool:
        """Whether it is an object or a list."""
        return self.kind in ("object", "list")

    def leaves(self) -> Iterator["Field"]:
        """The values that hold no others, in their order; an empty object or list counts as one."""
        if not self.fields:
            yield self
        for field in self.fields:
            yield from field.leaves()


def read_fields(answer: str, schema: str = "") -> Field | None:
    """The values of an answer, which may be cut off or still be written; `schema` is JSON text, for the titles.

    None where it is no JSON, or there is nothing of it yet.
    """
    if len(answer) > MAX_LENGTH:
        return None
    try:
        value = read_json(answer)
    except NotJson:
        return None
    return None if value is None else _field(answer, "", value, (), _parsed(schema))


def readable(name: str) -> str:
    """A name as a person reads it: `invoice_number` -> `Invoice number`."""
    words = [word if word.isupper() else word.lower() for word in _WORDS.split(name.strip()) if word]
    text = " ".join(words)
    return f"{text[:1].upper()}{text[1:]}" or name


def _parsed(schema: str) -> Any:
    try:
        return json.loads(schema or "{}")
    except (ValueError, RecursionError):
        return {}


def _field(answer: str, name: str, value: Json, path: Path, schema: Any) -> Field:
    inner = tuple(
        _field(answer, key, each, (*path, key if value.kind == "object" else index), _within(schema, key, value.kind))
        for index, (key, each) in enumerate(value.items)
    )
    written = value.scalar if isinstance(value.scalar, str) else answer[value.start : value.end]
    return Field(
        name, _title(schema) or readable(name), value.kind, path, value.start, value.end, value.is_whole, value.scalar,
        "" if inner or value.kind in ("object", "list") else written, inner,
        _choices(schema),
    )  # fmt: skip


def _title(schema: Any) -> str:
    title = schema.get("title") if isinstance(schema, dict) else None
    return title.strip()[:200] if isinstance(title, str) else ""


def _choices(schema: Any) -> tuple[str, ...]:
    listed = schema.get("enum") if isinstance(schema, dict) else None
    return tuple(each for each in listed[:100] if isinstance(each, str)) if isinstance(listed, list) else ()


def _within(schema: Any, name: str, kind: Kind) -> Any:
    """The schema of an object's value of this name, or of a list's items; where there are several, the first."""
    for option in _options(schema):
        inner = option.get("items") if kind == "list" else option.get("properties")
        if kind == "object" and isinstance(inner, dict):
            inner = inner.get(name)
        if isinstance(inner, dict):
            return inner
    return {}


def _options(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for choice in ("anyOf", "oneOf", "allOf"):
            options = schema.get(choice)
            yield from (each for each in options if isinstance(each, dict)) if isinstance(options, list) else ()
