"""An example of an answer, as JSON -> a schema of answers like it."""

import json
from typing import Any

from backend.chat.errors import InputRefused
from backend.chat.settings import MAX_SCHEMA
from backend.extraction.json_faults import json_fault

MAX_EXAMPLE = 100_000  # characters
MAX_LEVELS = 20


def schema_from_example(text: str) -> str:
    """The schema of an example as indented JSON text. Raises InputRefused.

    Every field is required and there are no others; what only some of a list's objects have may be null. Dates are
    texts, and a whole number is a number: the next one may have decimals.
    """
    if not text.strip():
        raise InputRefused("Paste an example of an answer first, as JSON.")
    if len(text) > MAX_EXAMPLE:
        raise InputRefused(f"This example has {len(text):,} characters. The limit is {MAX_EXAMPLE:,}: shorten it.")
    if fault := json_fault(text):
        raise InputRefused(fault)
    value = json.loads(text)
    if not isinstance(value, dict | list):
        raise InputRefused('An example is a JSON object or a list, such as {"total": 12.5}.')
    made = json.dumps(_schema([value], MAX_LEVELS), indent=2, ensure_ascii=False)
    if len(made) > MAX_SCHEMA:
        raise InputRefused(f"The schema would have over {MAX_SCHEMA:,} characters. Leave some of the fields out.")
    return made.encode(errors="replace").decode()  # half of a character, which JSON may hold


def _schema(values: list[Any], levels: int) -> dict[str, Any]:
    """The schema that all these values fit."""
    if not levels:
        raise InputRefused(f"This example is nested deeper than {MAX_LEVELS} levels.")
    found: list[dict[str, Any]] = []
    if objects := [value for value in values if isinstance(value, dict)]:
        found.append(_object(objects, levels - 1))
    if lists := [value for value in values if isinstance(value, list)]:
        items = [item for value in lists for item in value]
        found.append({"type": "array", "items": _schema(items, levels - 1) if items else {"type": "string"}})
    scalars = dict.fromkeys(name for value in values if (name := _scalar(value)) and value is not None)
    has_null = any(value is None for value in values)
    names = [*scalars, *(["null"] if has_null else [])] if found or scalars else ["string", "null"]
    if names:
        found.append({"type": names[0] if len(names) == 1 else names})
    return found[0] if len(found) == 1 else {"anyOf": found}


def _object(objects: list[dict[str, Any]], levels: int) -> dict[str, Any]:
    names = dict.fromkeys(name for each in objects for name in each)
    given: dict[str, list[Any]] = {name: [] for name in names}
    for each in objects:
        for name, value in each.items():
            given[name].append(value)
    for values in given.values():
        if len(values) < len(objects):
            values.append(None)
    return {
        "type": "object",
        "properties": {name: _schema(values, levels) for name, values in given.items()},
        "required": list(names),
        "additionalProperties": False,
    }


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else ""
