"""What a JSON Schema consists of: the schemas within it, and where they are.

https://json-schema.org/draft/2020-12/json-schema-core#section-10 and its forerunners: `items` can be a list up to
2019-09, a value of `dependencies` is a schema or a list of names.
"""

from collections.abc import Callable, Iterator
from typing import Any

Steps = tuple[str | int, ...]
Each = Callable[[dict[str, Any], Steps], Any]
Change = Callable[[dict[str, Any]], Any]

_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = (
    "additionalProperties", "propertyNames", "unevaluatedProperties", "items", "additionalItems", "contains",
    "unevaluatedItems", "not", "if", "then", "else", "contentSchema",
)  # fmt: skip


def rebuilt(schema: dict[str, Any], each: Each) -> dict[str, Any]:
    """A copy with what `each` makes of the schemas directly within, given the steps to each; true and false stay."""
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _NAMED and isinstance(value, dict):
            made[key] = {name: _made(each, part, (key, name)) for name, part in value.items()}
        elif (key in _LISTS or key == "items") and isinstance(value, list):
            made[key] = [_made(each, part, (key, index)) for index, part in enumerate(value)]
        else:
            made[key] = _made(each, value, (key,)) if key in _SINGLE else value
    return made


def inner(schema: dict[str, Any]) -> list[tuple[Steps, dict[str, Any]]]:
    """The schemas directly within one, and the steps to each."""
    found: list[tuple[Steps, dict[str, Any]]] = []
    rebuilt(schema, lambda part, steps: found.append((steps, part)))
    return found


def schemas(schema: dict[str, Any], steps: Steps = ()) -> Iterator[tuple[Steps, dict[str, Any]]]:
    """The schema and all within it, with the steps to each, outer ones first; references are not followed."""
    yield steps, schema
    for more, part in inner(schema):
        yield from schemas(part, (*steps, *more))


def changed(schema: dict[str, Any], change: Change) -> Any:
    """What `change` makes of the schema, once its parts went through it. What is given stays as it is."""
    return change(rebuilt(schema, lambda part, _: changed(part, change)))


def _made(each: Each, part: Any, steps: Steps) -> Any:
    return each(part, steps) if isinstance(part, dict) else part


def is_deeper(value: object, levels: int) -> bool:
    """Whether a JSON value is nested deeper than so many levels."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(levels == 0 or is_deeper(part, levels - 1) for part in parts)
