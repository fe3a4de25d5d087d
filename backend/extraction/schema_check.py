"""What is wrong with a JSON Schema that a person writes, and where: one sentence with the line and the field."""

import re
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from json import dumps, loads
from typing import Any

from backend.chat.settings import MAX_SCHEMA
from backend.extraction.json_faults import json_fault, line_of
from backend.extraction.json_reader import Json, read_json
from backend.extraction.meant import asks_nothing, is_example, misspelled, within
from backend.json_schema.drafts import judged
from backend.json_schema.enforced import FORMATS, UNENFORCED
from backend.json_schema.spelling import TYPES
from backend.sandbox.once import Once
from backend.sandbox.pool import Busy, LimitReached, Run, directly

_NAMED = ("properties", "patternProperties", "definitions", "$defs")  # their keys are names of fields
_DATA = ("enum", "const", "default", "examples")  # no keywords inside
_QUOTES = re.compile(r"'([^']*)'")
_LINE = re.compile(r"^Line \d+: ")
UNWRAPPED = "The schema within this is used, without what is around it."
EXAMPLE = "This looks like an example, not a schema, so any JSON fits it. Paste it as the example answer instead."
ANYTHING = "This schema asks nothing: any JSON fits it."
REMEMBERED = 32


@dataclass(frozen=True)
class Finding:
    """A sentence on a schema. One that `is_fault` keeps it from being used; else it says what nothing makes sure of."""

    sentence: str
    is_fault: bool = True


class SchemaChecker:
    """Checks what is in the field, each text once. Safe to use from threads."""

    def __init__(self, run: Run = directly) -> None:
        """`run` is how a text is checked, see Sandbox.run."""
        self._checks = lru_cache(REMEMBERED)(lambda text: Once(partial(_checked, run, text)))

    def finding(self, text: str) -> Finding | None:
        """What is to be said of a schema; None where nothing is, or where nobody has the time to look."""
        if not text.strip():
            return None
        if len(text) > MAX_SCHEMA:
            return Finding(f"This schema has {len(text):,} characters. The limit is {MAX_SCHEMA:,}.")
        try:
            found: Finding | None = self._checks(text).value()
        except Busy:
            return None
        return found


def _checked(run: Run, text: str) -> Finding | None:
    try:
        found: Finding | None = run(finding, text)
    except LimitReached:
        return Finding("This schema takes too long to check. Make it smaller or simpler.")
    return found


def finding(text: str) -> Finding | None:
    """The first thing to say of a schema's text. It costs time that nothing here bounds."""
    if told := json_fault(text):
        return Finding(told)
    value, read = loads(text), read_json(text)
    if read is None or read.kind != "object":
        return Finding('A schema is a JSON object, such as {"type": "object"}.')
    inner = within(value)
    if inner is not value:
        return _within(inner)
    return _fault(text, value, read) or _idle(text, value, read) or _unenforced(text, read, "", "keywords")


def _within(schema: Any) -> Finding:
    """Of a schema with something around it; its lines are none of the text's."""
    found = finding(dumps(schema, ensure_ascii=False, indent=2))
    told = _LINE.sub("", found.sentence) if found else ""
    if found and found.is_fault:
        return Finding(f"In the schema within this: {told}")
    return Finding(f"{UNWRAPPED} {told}".strip(), False)


def _idle(text: str, value: Any, read: Json) -> Finding | None:
    """Of a schema that asks nothing, or has a word in it that does not."""
    if is_example(value):
        return Finding(EXAMPLE, False)
    for steps, keyword in misspelled(value):
        line = _line(text, read, list(steps))
        return Finding(
            f"Line {line}: “{steps[-1]}” isn't a keyword, so it asks nothing. Did you mean “{keyword}”?", False
        )
    return Finding(ANYTHING, False) if asks_nothing(value) else None


def _fault(text: str, value: Any, read: Json) -> Finding | None:
    _, error = judged(value)
    if error is None:
        return None
    steps = list(error.absolute_path)
    keyword = next((step for step in reversed(steps) if isinstance(step, str)), "")
    where = f"“{keyword}”{_of(steps)}" if keyword else "the schema"
    return Finding(f"Line {_line(text, read, steps)}: {where} {_why(keyword, error)}.")


def _why(keyword: str, error: Any) -> str:
    given = _shortened(error.instance)
    if keyword == "type":
        return f"must be {', '.join(TYPES[:-1])} or {TYPES[-1]}, not {given}"
    if error.validator == "type":
        wanted = error.validator_value
        kinds = " or ".join(_kind(name) for name in ([wanted] if isinstance(wanted, str) else wanted))
        return f"must be {kinds}, not {given}"
    message = _QUOTES.sub(r"“\1”", error.message)
    return f"isn't valid: {message[:200]}"


def _kind(name: str) -> str:
    return {"array": "a list", "object": "an object", "integer": "a whole number", "boolean": "true or false",
            "string": "a text", "number": "a number", "null": "null"}.get(name, name)  # fmt: skip


def _shortened(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false"}.get(value, "null") if value is not None else "null"
    text = str(value)
    return f"“{text[:40]}{'…' if len(text) > 40 else ''}”" if isinstance(value, str) else text[:40]


def _of(steps: list[str | int]) -> str:
    """Which field the last keyword of a path belongs to, in words: ` of “total”`, or nothing for the whole schema."""
    names = [str(name) for before, name in pairwise(steps) if before in _NAMED]
    return f" of “{names[-1][:60]}”" if names else ""


def _line(text: str, read: Json, steps: list[str | int]) -> int:
    at = read.start
    for step in steps:
        if read.kind == "list" and isinstance(step, int):
            read = read.items[step][1]
            at = read.start
            continue
        number = next((number for number, (name, _) in enumerate(read.items) if name == step), None)
        if number is None:
            break
        at = read.names_at[number]
        read = read.items[number][1]
    return line_of(text, at)


def _unenforced(text: str, read: Json, field: str, keys: str) -> Finding | None:
    """The first keyword that no grammar is made of; `keys` says what the keys here are: keywords or names."""
    for number, (name, value) in enumerate(read.items):
        if keys == "keywords" and name in _DATA:
            continue
        is_keyword = keys == "keywords" and read.kind == "object"
        unknown = name == "format" and value.kind == "text" and value.scalar not in FORMATS
        if is_keyword and (name in UNENFORCED or unknown):
            line = line_of(text, read.names_at[number])
            what = f"the format “{str(value.scalar)[:40]}”" if unknown else f"“{name}”"
            of = f" of “{field[:60]}”" if field else ""
            return Finding(f"Line {line}: {what}{of} can't be enforced, so answers may not follow this schema.", False)
        inner = "names" if is_keyword and name in _NAMED else "keywords"
        found = _unenforced(text, value, name if keys == "names" else field, inner)
        if found:
            return found
    return None
