"""Rows -> a CSV file as spreadsheets open it (RFC 4180), in which no text acts as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Mapping

from backend.extraction.table import MAX_COLUMNS, REST, Cell

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the system's own encoding
# https://owasp.org/www-community/attacks/CSV_Injection
_ACTS = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
_NUMBER = re.compile(r"[+-]?\d[\d.,' ]*%?")


def to_csv(rows: Iterable[Mapping[str, Cell]]) -> str:
    """The rows under the names of all their columns, in the order in which they come. Encode it as UTF-8.

    Columns beyond MAX_COLUMNS share the last one.
    """
    rows = tuple(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    names, more = names[:MAX_COLUMNS], set(names[MAX_COLUMNS:])
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([guarded(name) for name in (*names, *([REST] if more else []))])
    for row in rows:
        cells = [_cell(row[name]) if name in row else "" for name in names]
        if more:
            cells.append(guarded("; ".join(f"{name}: {cell.text}" for name, cell in row.items() if name in more)))
        writer.writerow(cells)
    return BYTE_ORDER_MARK + file.getvalue()


def guarded(text: str) -> str:
    """A text that a spreadsheet takes for a text: one that begins as a formula does has a quote before it."""
    return f"'{text}" if _ACTS.match(text) and not _NUMBER.fullmatch(text.strip()) else text


def _cell(cell: Cell) -> str:
    return cell.text if cell.is_number else guarded(cell.text)
