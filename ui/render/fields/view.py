"""An answer to a schema -> its blocks: what stands before its table, the table, what follows, and the JSON. Pure.

They are always four, so that each stays in its place while the answer is written, and what is unfolded stays so.
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from backend.chat.scores import TokenScore
from backend.extraction.fields import Field, read_fields
from backend.extraction.json_text import json_text
from backend.extraction.least_sure import least_sure
from backend.extraction.table import Table, table_of
from ui.render.answer.code import Clock, code_block
from ui.render.buttons import button
from ui.render.fields.values import DRAWN, Values, size
from ui.render.texts import shortened
from ui.texts import texts

LONGEST = 100_000  # characters of an answer that is shown so: what is longer is shown as it was written
ROWS, COLUMNS = 200, 30  # that are drawn

Blocks = tuple[str, str, str, str]


@dataclass(frozen=True)
class Form:
    """How an answer is shown that was asked for with a schema, at this index of a conversation."""

    schema: str
    index: int

    def blocks(self, answer: str, is_growing: bool, scores: tuple[TokenScore, ...] = ()) -> Blocks | None:
        """The blocks of the answer; None where it is no JSON, has no fields, or is too long to be looked at.

        One that grows has only whole rows, and cannot be saved yet. `scores` are of the answer's tokens.
        """
        if len(answer) > LONGEST:
            return None
        shown = _made(answer, self.schema) if is_growing else _remembered(answer, self.schema, scores, False)
        if shown is None or is_growing:
            return shown
        buttons = button(texts.fields.save_csv, f"fields {self.index} csv")
        buttons += button(texts.fields.save_json, f"fields {self.index} json")
        return (*shown[:3], f'{shown[3]}<div class="save">{buttons}</div>')


def _made(answer: str, schema: str, scores: tuple[TokenScore, ...] = (), is_growing: bool = True) -> Blocks | None:
    root = read_fields(answer, schema)
    if root is None or not root.is_nested:
        return None
    written = f'<details class="as-json"><summary>JSON</summary>{_json(answer, root, is_growing)}</details>'
    table, values = table_of(root), Values(least_sure(answer, root, scores) if scores else {})
    if table is None:
        return values.form(root.fields if root.kind == "object" else (root,)), "", "", written
    before = tuple(field for field in table.beside if field.start < table.of.start)
    after = tuple(field for field in table.beside if field.start > table.of.start)
    return values.form(before), table_figure(table, values), values.form(after), written


_remembered = lru_cache(maxsize=64)(_made)


def _json(answer: str, root: Field, is_growing: bool) -> str:
    code = shortened(answer if is_growing else json_text(root))
    return code_block(code, "json", Clock(), is_growing)


def table_figure(table: Table, values: Values) -> str:
    """A table, as much of it as is drawn, and what is not."""
    columns, rows = table.columns[:COLUMNS], _drawn(table.rows)
    numbers = [_is_number(row[at] for row in rows) for at in range(len(columns))]
    head = "".join(
        f'<th scope="col"{_kind(is_number)}>{html.escape(name)}</th>'
        for name, is_number in zip(columns, numbers, strict=True)
    )
    body = "".join(f"<tr>{_cells(row[:COLUMNS], values)}</tr>" for row in rows)
    caption = f"<caption>{html.escape(table.of.title)}</caption>" if table.of.title else ""
    name = html.escape(table.of.title or texts.answer.table)
    return (
        f'<figure class="table fields"><div tabindex="0" role="group" aria-label="{name}"><table dir="auto">{caption}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></figure>{_left_out(table, len(rows))}"
    )


def _drawn(rows: Sequence[tuple[Field | None, ...]]) -> list[tuple[Field | None, ...]]:
    drawn, left = list[tuple[Field | None, ...]](), DRAWN
    for row in rows[:ROWS]:
        left -= sum(size(field) for field in row if field)
        if left < 0 and drawn:
            break
        drawn.append(row)
    return drawn


def _left_out(table: Table, rows: int) -> str:
    told = []
    if rows < len(table.rows):
        told.append(texts.fields.some_rows.format(shown=f"{rows:,}", count=f"{len(table.rows):,}"))
    if len(table.columns) > COLUMNS:
        told.append(texts.fields.some_columns.format(shown=COLUMNS, count=len(table.columns)))
    return f'<p class="left-out">{" ".join(told)} {texts.fields.all_in_files}</p>' if told else ""


def _is_number(fields: Iterable[Field | None]) -> bool:
    kinds = {field.kind for field in fields if field and field.kind != "null"}
    return kinds == {"number"}


def _kind(is_number: bool) -> str:
    return ' class="number"' if is_number else ""


def _cells(row: Sequence[Field | None], values: Values) -> str:
    return "".join(
        "<td></td>" if field is None else f"<td{_kind(field.kind == 'number')}>{values.value(field, 1)}</td>"
        for field in row
    )
