"""The drafts of JSON Schema, and which one a schema is of: what it names itself decides."""

from typing import Any

from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
)
from jsonschema.exceptions import best_match
from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

Validator = Any  # a class of jsonschema's; its type stubs know each draft's only as a value
DRAFTS: dict[str, Validator] = {
    "https://json-schema.org/draft/2020-12/schema": Draft202012Validator,
    "https://json-schema.org/draft/2019-09/schema": Draft201909Validator,
    "http://json-schema.org/draft-07/schema": Draft7Validator,
    "http://json-schema.org/draft-06/schema": Draft6Validator,
    "http://json-schema.org/draft-04/schema": Draft4Validator,
}
PUBLISHED: Any = REGISTRY  # the drafts' own schemas; with nothing else in it, nothing is fetched
NEWEST = next(iter(DRAFTS))
_OLDER = ("http://json-schema.org/draft-07/schema", "http://json-schema.org/draft-04/schema")


def named(schema: object) -> str:
    """The draft that a schema names, without the mark of a fragment; empty where it names none that is known."""
    name = schema.get("$schema") if isinstance(schema, dict) else None
    if not isinstance(name, str):
        return ""
    draft = name.rstrip("#").replace("https://json-schema.org/draft-0", "http://json-schema.org/draft-0")
    return draft if draft in DRAFTS else ""


def judged(schema: object) -> tuple[str, Any]:
    """A schema's draft, and what keeps it from being one there; see `fault`.

    It is the draft that it names, or else the newest in which it is a schema: a list of `items` and the true or false
    of draft 4's `exclusiveMinimum` are in no newer one. It is the newest where it is a schema in none.
    """
    if name := named(schema):
        return name, fault(schema, name)
    first = fault(schema, NEWEST)
    others = (name for name in _OLDER if fault(schema, name) is None)
    return (NEWEST, None) if first is None else next(((name, None) for name in others), (NEWEST, first))


def fault(schema: object, draft: str) -> Any:
    """What keeps a value from being a schema of a draft, as an error of jsonschema's, else None.

    It costs time that nothing here bounds. Raises RecursionError for what is nested very deeply.
    """
    validator = DRAFTS[draft]
    return best_match(validator(validator.META_SCHEMA).iter_errors(schema))
