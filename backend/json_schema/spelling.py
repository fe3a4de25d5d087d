"""Schemas that mean JSON Schema and spell it otherwise: as published by Gemini, OpenAPI, BFCL, ToolBench and others."""

from collections.abc import Callable
from typing import Any

from backend.json_schema.walk import changed

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
# Names of other languages' types, in small letters, as these sets write them. None: any value.
_MEANT: dict[str, str | None] = {
    "str": "string", "text": "string", "char": "string", "enum": "string", "date": "string", "datetime": "string",
    "float": "number", "double": "number", "decimal": "number",
    "int": "integer", "long": "integer", "short": "integer", "byte": "integer", "bigint": "integer",
    "bool": "boolean", "dict": "object", "hashmap": "object", "map": "object", "hashtable": "object",
    "list": "array", "tuple": "array", "arraylist": "array", "set": "array", "queue": "array", "stack": "array",
    "none": "null", "nil": "null", "any": None, "mixed": None, "": None, "type_unspecified": None,
} | {name: name for name in TYPES}  # fmt: skip

_KINDS: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


def spelled(schema: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The schema in JSON Schema's own words, and what was read otherwise: words of the schema, each once."""
    read: dict[str, None] = {}

    def change(part: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in part and not isinstance(
            part["$ref"], str
        ):  # which draft 4's own schema allows, and nobody can follow
            part.pop("$ref")
        return _nullable(_listed(_required(_typed(part, read), read), read))

    made: dict[str, Any] = changed(schema, change)
    return made, tuple(read)


def _typed(part: dict[str, Any], read: dict[str, None]) -> dict[str, Any]:
    given = part.get("type")
    names: list[Any] = given if isinstance(given, list) else [given]
    if not all(isinstance(name, str) for name in names):
        return part
    meant = [name if name in TYPES else _MEANT.get(name.lower(), name) for name in names]
    if meant == names:
        return part
    read.update(dict.fromkeys(name for name, to in zip(names, meant, strict=True) if to != name.lower()))
    others = {key: value for key, value in part.items() if key != "type"}
    if None in meant:
        return others
    return part | {"type": [*dict.fromkeys(meant)] if isinstance(given, list) else meant[0]}


def _required(part: dict[str, Any], read: dict[str, None]) -> dict[str, Any]:
    """Draft 3 said with each field whether it is required."""
    fields = part.get("properties")
    fields = fields if isinstance(fields, dict) else {}
    marked = {name: field for name, field in fields.items() if isinstance(field, dict) and _is_flag(field)}
    if not marked or not isinstance(part.get("required", []), list):
        return part
    read["required"] = None
    plain = {name: {key: value for key, value in field.items() if key != "required"} for name, field in marked.items()}
    wanted = [name for name, field in marked.items() if field["required"] and name not in part.get("required", [])]
    made = part | {"properties": fields | plain}
    return made | {"required": [*part.get("required", []), *wanted]} if wanted else made


def _listed(part: dict[str, Any], read: dict[str, None]) -> dict[str, Any]:
    """Values that no one value of the type can be: those of a list are meant for its items, others say the type."""
    values, kind = part.get("enum"), part.get("type")
    if not isinstance(values, list) or not values or kind not in TYPES or any(map(_KINDS[kind], values)):
        return part
    read["enum"] = None
    items = part.get("items", {})
    if kind == "array" and isinstance(items, dict) and "enum" not in items:
        return {key: value for key, value in part.items() if key != "enum"} | {"items": items | {"enum": values}}
    return {key: value for key, value in part.items() if key != "type"}


def _is_flag(field: dict[str, Any]) -> bool:
    return isinstance(field.get("required"), bool)


def _nullable(part: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI 3.0 and Gemini say of a type that it may be null."""
    given = part.get("type")
    if part.get("nullable") is not True or not isinstance(given, str) or "enum" in part or given == "null":
        return part
    return {key: value for key, value in part.items() if key != "nullable"} | {"type": [given, "null"]}
