"""What the answers of a batch should be, from a CSV file, and where they differ: a batch as a regression test."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from backend.batch.values import ANSWER, Row
from backend.chat.errors import InputRefused
from backend.extraction.compare import differing
from backend.extraction.fields import read_fields
from backend.extraction.table import plain

ITEM = "item"  # the column that names the items
DIFFERS, ABOUT = "differs", ("prompt_tokens", "new_tokens", "seconds", "least_sure", "note", "error")
OWN = (ITEM, DIFFERS, *ABOUT)  # the columns of results that are no fields: such a table can be given back, corrected
OF_ANSWER = "answer."  # before a field that is called like a column of ours
MAX_CHARACTERS, MAX_FIELDS = 10_000_000, 500
ROW = 400  # bytes of one in memory without its texts, measured
NO_NAMES = f"The expected values need a CSV file with a column “{ITEM}” and a column for each field."
TOO_MANY = "The expected values have {count} columns. The limit is {most}. Keep those that you want to check."


@dataclass(frozen=True)
class Expected:
    """Of each item's name (a page's with its number, as in "report.pdf, page 3"), the values that its fields should
    have.
    """

    values: Mapping[str, Mapping[str, str]]
    characters: int = 0  # of the file
    _known: WeakKeyDictionary[Row, tuple[str, ...]] = field(
        default_factory=WeakKeyDictionary, compare=False, repr=False
    )

    @property
    def bytes(self) -> int:
        """What it takes in memory, nearly."""
        return 8 * self.characters + ROW * len(self.values)

    def differences(self, row: Row) -> tuple[str, ...] | None:
        """The fields that are not as expected, those that are missing among them; None where nothing was expected.

        They are found once: a page asks every second of a thousand rows, each of whose answers is to be read for it.
        """
        expected = self.values.get(row.item.label)
        if expected is None:
            return None
        found = self._known.get(row)
        if found is None:
            found = self._known[row] = self._differing(row, expected)
        return found

    def _differing(self, row: Row, expected: Mapping[str, str]) -> tuple[str, ...]:
        came = _came(row)
        meant = {name: _meant(text, came.get(name)) for name, text in expected.items()}
        return tuple(dict.fromkeys(str(path[0]) for path in differing(meant, came)))

    def count(self, row: Row) -> int:
        """How many fields of the row have an expected value."""
        return len(self.values.get(row.item.label, ()))


@dataclass(frozen=True)
class Score:
    """How a batch compares with what was expected: fields, and items that were expected and are not in it."""

    right: int
    expected: int
    missing: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether everything is as expected."""
        return self.right == self.expected and not self.missing


def read_expected(text: str) -> Expected:
    """Reads a CSV file: its first row names the columns. An empty cell expects nothing. Raises InputRefused."""
    if len(text) > MAX_CHARACTERS:
        raise InputRefused(f"The expected values have more than {MAX_CHARACTERS:,} characters. Split the file.")
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        names, *rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except (csv.Error, ValueError) as error:  # ValueError: there is nothing
        raise InputRefused(NO_NAMES) from error
    if not rows or ITEM not in names:
        raise InputRefused(NO_NAMES)
    if len(names) > MAX_FIELDS:
        raise InputRefused(TOO_MANY.format(count=f"{len(names):,}", most=MAX_FIELDS))
    at = names.index(ITEM)
    values = {row[at].strip(): _wanted(zip(names, row, strict=False)) for row in rows if len(row) > at and row[at]}
    return Expected(values, len(text))


def _came(row: Row) -> dict[str, Any]:
    """The values of the row's fields, as JSON has them; an answer that is no object, or no JSON, is one text."""
    fields = dict(row.fields)
    if fields.get(ANSWER) == row.answer.strip():
        return fields
    root = read_fields(row.answer) if fields else None
    return {field.name: plain(field) for field in root.fields} if root and root.kind == "object" else fields


def _meant(text: str, came: object) -> object:
    """What a cell stands for beside the value that came."""
    if isinstance(came, bool):
        return {"true": True, "false": False}.get(text.strip().casefold(), text)
    if isinstance(came, dict | list):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _wanted(cells: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.removeprefix(OF_ANSWER): value for name, value in cells if name and name not in OWN and value}


def score(rows: tuple[Row, ...], expected: Expected) -> Score:
    """How the rows compare; what an item without an answer should have is not right."""
    names = {row.item.label for row in rows}
    missing = tuple(name for name in expected.values if name not in names)
    count = sum(map(expected.count, rows))
    wrong = sum(len(expected.differences(row) or ()) for row in rows)
    return Score(count - wrong, count, missing)
