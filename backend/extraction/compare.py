"""What was expected of an answer, and what came: how many values are right, and which are not."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from backend.extraction.fields import Path


@dataclass(frozen=True)
class Comparison:
    """Of `total` expected values `right` came; the others' paths, in the order in which they were expected."""

    total: int
    differing: tuple[Path, ...]

    @property
    def right(self) -> int:
        """How many are right."""
        return self.total - len(self.differing)


def compared(expected: object, got: object) -> Comparison:
    """Compares two JSON values, as the standard library reads them.

    What an object has beyond what is expected does not count; an item of a list that nobody expected is a value that
    differs. Numbers are equal by value, also where one is written as a text (`"12.50"`); texts without the blanks at
    their ends and in Unicode's form NFC.
    """
    verdicts = list(_verdicts(expected, got, ()))
    return Comparison(len(verdicts), tuple(path for path, is_right in verdicts if not is_right))


def differing(expected: object, got: object) -> tuple[Path, ...]:
    """The paths of the values that are not as expected: see `compared`."""
    return compared(expected, got).differing


class _Missing:
    """Stands for a value that is not there."""


_MISSING = _Missing()


def _verdicts(expected: object, got: object, path: Path) -> Iterator[tuple[Path, bool]]:
    if isinstance(expected, dict) and expected:
        given = got if isinstance(got, dict) else {}
        for name, value in expected.items():
            yield from _verdicts(value, given.get(name, _MISSING), (*path, name))
    elif isinstance(expected, list) and expected:
        items = got if isinstance(got, list) else []
        for index, value in enumerate(expected):
            yield from _verdicts(value, items[index] if index < len(items) else _MISSING, (*path, index))
        for index in range(len(expected), len(items)):
            yield (*path, index), False
    else:
        yield path, _is_same(expected, got)


def _is_same(expected: object, got: object) -> bool:
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    numbers = (_number(expected), _number(got))
    if numbers[0] is not None and numbers[1] is not None:
        is_code = isinstance(expected, str) and isinstance(got, str)  # 007 is not 7 there
        return _text(expected) == _text(got) if is_code else numbers[0] == numbers[1]
    if isinstance(expected, str) and isinstance(got, str):
        return _text(expected) == _text(got)
    return expected == got


def _number(value: object) -> Decimal | None:
    if not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(value: object) -> str:
    return unicodedata.normalize("NFC", str(value).strip())
