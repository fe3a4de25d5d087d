"""Schemas as their projects publish them (schemas/README.md), and values that fit them."""

import json
import lzma
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "schemas"
FETCHED = "schema that uses custom metaschema with with no validation vocabulary"
FORMATS = {
    "date": "2026-01-31", "date-time": "2026-01-31T10:00:00Z", "time": "10:00:00Z", "email": "a@b.org",
    "uri": "https://a.org/", "uuid": "123e4567-e89b-12d3-a456-426614174000", "ipv4": "10.0.0.1", "hostname": "a.org",
}  # fmt: skip


@cache
def published() -> tuple[tuple[str, list[Any]], ...]:
    """(source, tools) as published."""
    with lzma.open(FOLDER / "published.jsonl.xz", "rt", encoding="utf-8") as lines:
        sets = [json.loads(line) for line in lines]
    return tuple((one["source"], one["tools"]) for one in sets)


def suite(draft: str) -> Iterator[tuple[str, Any, list[dict[str, Any]]]]:
    """(name, schema, tests) of JSON-Schema-Test-Suite, of "draft7" or "draft2020-12", but for one whose draft of its
    own is to be fetched.
    """
    with lzma.open(FOLDER / "suite.json.xz", "rt", encoding="utf-8") as file:
        files = json.load(file)[draft]
    for name, cases in files.items():
        here = (case for case in cases if case["description"] != FETCHED)
        yield from ((f"{name}: {case['description']}", case["schema"], case["tests"]) for case in here)


def example(schema: Any, full: bool = True) -> Any:
    """A value that should fit a schema, its fields in the schema's order: all of them, or the required ones.

    Patterns, `not` and the like are not looked at.
    """
    if not isinstance(schema, dict):
        return None
    if "const" in schema or schema.get("enum"):
        return schema["const"] if "const" in schema else schema["enum"][0]
    for key in ("anyOf", "oneOf"):
        if schema.get(key):
            return example({k: v for k, v in schema.items() if k != key} | schema[key][0], full)
    for part in schema.get("allOf", ()):
        schema = {k: v for k, v in schema.items() if k != "allOf"} | part
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _made(kind[0] if isinstance(kind, list) else kind, schema, full)


def _made(kind: str, schema: dict[str, Any], full: bool) -> Any:
    match kind:
        case "object":
            fields, required = schema.get("properties", {}), schema.get("required", [])
            wanted = {name: field for name, field in fields.items() if full or name in required}
            return {name: example(field, full) for name, field in wanted.items()} | {
                name: None for name in required if name not in fields
            }
        case "array":
            first = [example(part, full) for part in schema.get("prefixItems", ())]
            items = schema.get("items", {"type": "string"})
            least = schema.get("minItems", 1 if full and schema.get("maxItems", 1) else 0)
            return [*first, *(example(items or {"type": "string"}, full) for _ in range(least - len(first)))]
        case "integer" | "number":
            above = schema.get("exclusiveMinimum")
            low = above + 1 if above is not None else schema.get("minimum", min(1, schema.get("maximum", 1)))
            return int(low) if kind == "integer" else low
        case "boolean" | "null":
            return True if kind == "boolean" else None
    text = FORMATS.get(schema.get("format", ""), "abc")
    return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
