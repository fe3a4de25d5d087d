"""Fields -> columns and rows: to be shown as a table, and to be kept as one."""

import json
from collections.abc import Container
from dataclasses import dataclass

from backend.extraction.fields import Field

MAX_COLUMNS = 200  # objects that share no names would have one for each pair of them
MAX_REPEATED = 2_000_000  # characters that what stands beside a table may take in all of its rows
REST = "…"  # the column with what goes beyond


@dataclass(frozen=True)
class Table:
    """The items of the field `of` as rows: of each column a field or None. `beside` are the fields beside that list.

    Its `items` have all that is in them, also what MAX_COLUMNS leaves out.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Field | None, ...], ...]
    of: Field
    items: tuple[Field, ...]
    beside: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Cell:
    """What stands in a cell of a file."""

    text: str = ""
    is_number: bool = False


def table_of(root: Field) -> Table | None:
    """The table that an answer is: a list of objects, or an object with one such list; else None.

    So is a list of lists, whose columns' names may be in a list beside it. A row that is still written is left out.
    """
    if root.kind == "list":
        return _table(root, ())
    nested = [field for field in root.fields if field.kind == "list" and any(each.is_nested for each in field.fields)]
    if len(nested) != 1:
        return None
    return _table(nested[0], tuple(field for field in root.fields if field is not nested[0]))


def flat_rows(root: Field) -> tuple[dict[str, Cell], ...]:
    """All values of an answer as rows of a file: one row, or one for each row of its table.

    What stands beside the table is in each of its rows, or in the first alone where that would be over MAX_REPEATED
    characters: a file of some MB could have one of GBs. Columns have the schema's own names; an object within another
    has columns of its own (`address.city`), a list of plain values is one text. Of two columns of one name the table's
    has the list's before it.
    """
    table = table_of(root)
    if table is None:
        return (_flat(root),)
    beside: dict[str, Cell] = {}
    for field in table.beside:
        beside |= _flat(field, field.name)
    length = sum(len(name) + len(cell.text) for name, cell in beside.items())
    is_repeated = length * len(table.items) <= MAX_REPEATED
    return tuple(
        _row(table, item, beside, beside if is_repeated or not number else {})
        for number, item in enumerate(table.items)
    )


def _row(table: Table, item: Field, named: Container[str], beside: dict[str, Cell]) -> dict[str, Cell]:
    """`named` are the columns beside the table, `beside` is what this row has in them."""
    row: dict[str, Cell] = {}
    for number, field in enumerate(item.fields):
        row |= _flat(field, field.name or (table.columns[number] if number < len(table.columns) else str(number + 1)))
    here = {f"{table.of.name}.{name}" if name in named else name: cell for name, cell in row.items()}
    return beside | here


def _table(list_: Field, beside: tuple[Field, ...]) -> Table | None:
    items = tuple(item for item in list_.fields if item.is_whole)
    if items and all(item.kind == "object" for item in items):
        titles = {field.name: field.title for item in items for field in item.fields}
        names = list(titles)[:MAX_COLUMNS]
        known = [{field.name: field for field in item.fields} for item in items]
        rows = tuple(tuple(row.get(name) for name in names) for row in known)
        return Table(tuple(titles[name] for name in names), rows, list_, items, beside)
    if items and all(item.kind == "list" for item in items):
        return _grid(list_, items, beside)
    return None


def _grid(list_: Field, items: tuple[Field, ...], beside: tuple[Field, ...]) -> Table:
    width = min(max(len(item.fields) for item in items), MAX_COLUMNS)
    named = next((each for each in beside if each.kind == "list" and len(each.fields) == width), None)
    names = [field.written for field in named.fields] if named else [str(number + 1) for number in range(width)]
    rows = tuple((*item.fields[:width], *[None] * (width - len(item.fields))) for item in items)
    return Table(tuple(names), rows, list_, items, tuple(field for field in beside if field is not named))


def _flat(field: Field, name: str = "") -> dict[str, Cell]:
    if field.kind == "object" and field.fields:
        found: dict[str, Cell] = {}
        for inner in field.fields:
            found |= _flat(inner, f"{name}.{inner.name}" if name else inner.name)
        return found
    return {name or "value": Cell(as_text(field), field.kind == "number")}


def as_text(field: Field) -> str:
    """A field in one cell: a list of plain values with semicolons between them, any other that is nested as JSON."""
    if field.kind == "null":
        return ""
    if not field.is_nested:
        return field.written
    if field.kind == "list" and not any(each.is_nested for each in field.fields):
        return "; ".join(as_text(each) for each in field.fields)
    return json.dumps(plain(field), ensure_ascii=False)


def plain(field: Field) -> object:
    """A field's value, as the standard library reads JSON."""
    if field.kind == "object":
        return {inner.name: plain(inner) for inner in field.fields}
    return [plain(inner) for inner in field.fields] if field.kind == "list" else field.value
