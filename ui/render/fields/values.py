"""Fields -> HTML: one value, or an object as a form. Pure."""

import html
from collections.abc import Sequence
from dataclasses import replace

from backend.extraction.fields import Field
from backend.extraction.json_text import json_text
from ui.render.texts import shortened
from ui.texts import texts

DRAWN = 2_000  # values of an answer: whoever wants more has them in a file
DEEPEST = 6  # objects within each other that are drawn


def form(fields: Sequence[Field], depth: int = 0) -> str:
    """Fields with their titles, as many as are drawn; nothing where there are none."""
    shown, left = list[str](), DRAWN
    for field in fields:
        left -= size(field)
        if left < 0 and shown:
            break
        shown.append(f"<div><dt>{html.escape(field.title)}</dt>{_described(field, depth)}</div>")
    rest = len(fields) - len(shown)
    more = f'<p class="left-out">{texts.fields.more_fields.format(count=f"{rest:,}")}</p>' if rest else ""
    return f'<dl class="values" dir="auto">{"".join(shown)}</dl>{more}' if shown else ""


def size(field: Field) -> int:
    """How many values it has."""
    return sum(1 for _ in field.leaves())


def value(field: Field, depth: int = 0) -> str:
    """A value as a person reads it; what is nested is folded."""
    match field.kind:
        case "boolean":
            return texts.fields.yes if field.value else texts.fields.no
        case "null":
            return f'<span class="none" role="img" aria-label="{texts.fields.none}">–</span>'
        case "object" | "list":
            return _nested(field, depth)
    return html.escape(shortened(field.written), quote=False)


def _described(field: Field, depth: int) -> str:
    kind = ' class="number"' if field.kind == "number" else ""
    return f"<dd{kind}>{value(field, depth)}</dd>"


def _nested(field: Field, depth: int) -> str:
    if not field.fields:
        return f'<span class="none" role="img" aria-label="{texts.fields.none}">–</span>'
    if field.kind == "list" and not any(each.is_nested for each in field.fields):
        return html.escape(shortened(", ".join(each.written for each in field.fields)), quote=False)
    said = texts.fields.items if field.kind == "list" else texts.fields.fields
    count = len(field.fields)
    one = texts.fields.item if field.kind == "list" else texts.fields.field
    summary = f"<summary>{one if count == 1 else said.format(count=f'{count:,}')}</summary>"
    if depth >= DEEPEST or size(field) > DRAWN:
        return f"<details>{summary}<pre>{html.escape(shortened(json_text(field)), quote=False)}</pre></details>"
    inner = field.fields if field.kind == "object" else _numbered(field.fields)
    return f"<details>{summary}{form(inner, depth + 1)}</details>"


def _numbered(items: Sequence[Field]) -> tuple[Field, ...]:
    """A list's items with their places as titles."""
    return tuple(replace(item, title=str(number)) for number, item in enumerate(items, start=1))
