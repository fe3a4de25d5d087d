"""Fields -> JSON text again, with numbers as they were written: 2.50 stays 2.50."""

import json

from backend.extraction.fields import Field

INDENT = "  "


def json_text(field: Field, indent: str = "") -> str:
    """The field as indented JSON; of an answer that was cut off what there is of it."""
    if not field.fields:
        empty = {"object": "{}", "list": "[]"}
        scalar = json.dumps(field.value, ensure_ascii=False) if field.kind == "text" else field.written
        return empty.get(field.kind, scalar)
    inner = indent + INDENT
    parts = []
    for each in field.fields:
        name = f"{json.dumps(each.name, ensure_ascii=False)}: " if field.kind == "object" else ""
        parts.append(f"{inner}{name}{json_text(each, inner)}")
    opening, closing = "{}" if field.kind == "object" else "[]"
    joined = ",\n".join(parts)
    return f"{opening}\n{joined}\n{indent}{closing}"
