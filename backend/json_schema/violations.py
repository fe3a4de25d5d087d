"""Whether a value fits a JSON Schema, in the draft that the schema names. It costs time that nothing here bounds."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from jsonschema import validators
from jsonschema.exceptions import ValidationError, best_match
from referencing.exceptions import Unresolvable

from backend.json_schema.drafts import DRAFTS, PUBLISHED, judged, named
from backend.json_schema.walk import Steps, changed

TOO_DEEP = "a value is nested too deeply"
LEADS_NOWHERE = "a reference of the schema leads nowhere"
_DEPENDENT = ("additionalProperties", "unevaluatedProperties")  # on which names no other keyword looked at


def violation(schema: Any, value: object, patterns: bool = True) -> tuple[Steps, str] | None:
    """The place and the reason where a value breaks a schema; without `patterns` no regular expression is run.

    What is no regular expression of Python's, as `\\p{Letter}`, refuses nothing.
    """
    validator = _validator(named(schema) or judged(schema)[0])
    if isinstance(schema, dict):
        schema = with_patterns(schema, _compiles if patterns else lambda _: False)
    try:
        error = best_match(validator(schema, registry=PUBLISHED).iter_errors(value))
    except RecursionError:
        return (), TOO_DEEP
    except Unresolvable:
        return (), LEADS_NOWHERE
    return (tuple(error.absolute_path), error.message) if error else None


def with_patterns(schema: dict[str, Any], usable: Callable[[str], bool]) -> dict[str, Any]:
    """The schema without the regular expressions that are not usable, and without what depends on those."""

    def change(part: dict[str, Any]) -> dict[str, Any]:
        if isinstance(part.get("pattern"), str) and not usable(part["pattern"]):
            part.pop("pattern")
        named = part.get("patternProperties")
        if isinstance(named, dict) and not all(usable(name) for name in named):
            part["patternProperties"] = {name: inner for name, inner in named.items() if usable(name)}
            for key in _DEPENDENT:
                part.pop(key, None)
        return part

    made: dict[str, Any] = changed(schema, change)
    return made


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _unique(_: object, wanted: object, items: object, __: object) -> Iterator[ValidationError]:
    """jsonschema compares each with each, which takes minutes for some thousand objects."""
    all_items = items if wanted is True and isinstance(items, list) else []
    if len({json.dumps(_comparable(item), sort_keys=True) for item in all_items}) < len(all_items):
        yield ValidationError("the items are not all different")


def _comparable(value: object) -> object:
    """The value with whole floats as integers: 1.0 is 1 in JSON Schema."""
    if isinstance(value, dict):
        return {key: _comparable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_comparable(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@cache
def _validator(draft: str) -> Any:
    return validators.extend(DRAFTS[draft], {"uniqueItems": _unique})  # type: ignore[no-untyped-call]
