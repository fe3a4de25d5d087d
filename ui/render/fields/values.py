"""Fields -> HTML: one value, or an object as a form. Pure."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from backend.extraction.fields import Field, Path
from backend.extraction.json_text import json_text
from backend.extraction.least_sure import Doubt
from ui.render.texts import shortened
from ui.texts import texts

DRAWN = 2_000  # values of an answer: whoever wants more has them in a file
DEEPEST = 6  # objects within each other that are drawn
LONGEST_TIP = 120  # characters


@dataclass(frozen=True)
class Values:
    """Draws values; `doubts` are of those that the model was least sure of."""

    doubts: Mapping[Path, Doubt] = field(default_factory=dict)

    def form(self, fields: Sequence[Field], depth: int = 0) -> str:
        """Fields with their titles, as many as are drawn; nothing where there are none."""
        shown, left = list[str](), DRAWN
        for each in fields:
            left -= size(each)
            if left < 0 and shown:
                break
            shown.append(f"<div><dt>{html.escape(each.title)}</dt>{self._described(each, depth)}</div>")
        rest = len(fields) - len(shown)
        more = f'<p class="left-out">{texts.fields.more_fields.format(count=f"{rest:,}")}</p>' if rest else ""
        return f'<dl class="values" dir="auto">{"".join(shown)}</dl>{more}' if shown else ""

    def value(self, of: Field, depth: int = 0) -> str:
        """A value as a person reads it, and that it is doubtful; what is nested is folded."""
        if of.is_nested and of.fields and not is_plain_list(of):
            return self._folded(of, depth)
        doubts = [self.doubts[of.path]] if of.path in self.doubts else []
        doubts += [self.doubts[each.path] for each in of.fields if each.path in self.doubts]
        remark = "".join(map(_told, doubts))
        # Before a number, so that a column of them stays one.
        return f"{remark} {_written(of)}" if remark and of.kind == "number" else f"{_written(of)} {remark}".rstrip()

    def _described(self, of: Field, depth: int) -> str:
        kind = ' class="number"' if of.kind == "number" else ""
        return f"<dd{kind}>{self.value(of, depth)}</dd>"

    def _folded(self, of: Field, depth: int) -> str:
        count, is_list = len(of.fields), of.kind == "list"
        said, one = (texts.fields.items, texts.fields.item) if is_list else (texts.fields.fields, texts.fields.field)
        is_unsure = any(path[: len(of.path)] == of.path for path in self.doubts)
        told = f" · {texts.fields.least_sure}" if is_unsure else ""
        summary = f"<summary>{one if count == 1 else said.format(count=f'{count:,}')}{told}</summary>"
        if depth >= DEEPEST or size(of) > DRAWN:
            return f"<details>{summary}<pre>{html.escape(shortened(json_text(of)), quote=False)}</pre></details>"
        inner = of.fields if not is_list else _numbered(of.fields)
        return f"<details>{summary}{self.form(inner, depth + 1)}</details>"


def size(of: Field) -> int:
    """How many values it has."""
    return sum(1 for _ in of.leaves())


def is_plain_list(of: Field) -> bool:
    """Whether it is a list of values that hold no others."""
    return of.kind == "list" and not any(each.is_nested for each in of.fields)


def _written(of: Field) -> str:
    """A value that is not folded."""
    if of.kind == "boolean":
        return texts.fields.yes if of.value else texts.fields.no
    if of.kind == "null" or (of.is_nested and not of.fields):
        return f'<span class="none" role="img" aria-label="{texts.fields.none}">–</span>'
    text = ", ".join(each.written for each in of.fields) if of.is_nested else of.written
    return html.escape(shortened(text), quote=False)


def _told(doubt: Doubt) -> str:
    """A remark whose tip, with what else it might be, is seen where it has the pointer or the focus."""
    percent = f"{100 * doubt.sureness:.0f}"
    tip = texts.fields.sure.format(percent=percent)
    if doubt.instead:
        tip = texts.fields.sure_else.format(percent=percent, other=shortened(doubt.instead)[:LONGEST_TIP])
    label = html.escape(f"{texts.fields.least_sure}: {tip}")
    return (
        f'<span class="unsure" role="note" tabindex="0" aria-label="{label}">{texts.fields.least_sure}'
        f'<span class="tip" aria-hidden="true">{html.escape(tip)}</span></span>'
    )


def _numbered(items: Sequence[Field]) -> tuple[Field, ...]:
    """A list's items with their places as titles."""
    return tuple(replace(item, title=str(number)) for number, item in enumerate(items, start=1))
