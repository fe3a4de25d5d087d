"""JSON text -> its values with their places in it, also where the text is still being written or was cut off."""

import re
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import Literal

Kind = Literal["object", "list", "text", "number", "boolean", "null"]
Scalar = str | int | float | bool | None

MAX_DEPTH = 60  # levels
_BLANK = re.compile(r"[ \t\n\r]*")
_HALF = re.compile("[\ud800-\udfff]")  # of a character, which JSON may hold as an escape and no file or page can
_NAME = re.compile(r"[\w.+-]*")  # what a number or a word is made of


def _refused(word: str) -> float:
    raise ValueError(f"{word} is no JSON")


# A line may break within a text: a model that no grammar holds writes it so.
_DECODER = JSONDecoder(strict=False, parse_constant=_refused)


class NotJson(ValueError):
    """A text that is no JSON, wherever it may go on. `position` is the character at which that shows."""

    def __init__(self, why: str, position: int) -> None:
        super().__init__(why)
        self.position = position


@dataclass(frozen=True)
class Json:
    """A value: text[start:end] is what was written of it, all of it where it `is_whole`.

    An object's `items` are (name, value), a list's are ("", value); any other has its `scalar`. `names_at` are where
    an object's names begin.
    """

    kind: Kind
    start: int
    end: int
    is_whole: bool = True
    scalar: Scalar = None
    items: tuple[tuple[str, "Json"], ...] = ()
    names_at: tuple[int, ...] = ()


def read_json(text: str) -> Json | None:
    """The value of a text that may end too early; None where there is nothing of it yet.

    What is not whole is left out where it is a number, a word or a name, and kept as far as it goes where it is a text,
    a list or an object. Of a name that an object has twice the last counts. Raises NotJson.
    """
    reader = _Reader(text)
    found = reader.value(reader.skip(0), 0)
    if found is not None and found.is_whole and (rest := reader.skip(found.end)) < len(text):
        raise NotJson("there is more after its end", rest)
    return found


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text

    def skip(self, at: int) -> int:
        """The next character that is no blank."""
        blank = _BLANK.match(self.text, at)
        return blank.end() if blank else at

    def value(self, at: int, depth: int) -> Json | None:
        """What begins here, as far as it goes; None where that is nothing."""
        if at >= len(self.text):
            return None
        if depth > MAX_DEPTH:
            raise NotJson("it is nested too deeply", at)
        match self.text[at]:
            case "{":
                return self._object(at, depth)
            case "[":
                return self._list(at, depth)
            case '"':
                return self._string(at)
        return self._word(at)

    def _word(self, at: int) -> Json | None:
        found = _NAME.match(self.text, at)
        end = found.end() if found else at
        if end == at:
            raise NotJson("a value is expected here", at)
        is_end = end == len(self.text)
        try:
            scalar, read = _DECODER.raw_decode(self.text, at)
        except (JSONDecodeError, ValueError) as error:  # the latter of a number of thousands of digits
            if is_end:
                return None
            raise NotJson("a value is expected here", at) from error
        if read != end:
            if is_end:
                return None
            raise NotJson("a value is expected here", at)
        if is_end and at > 0 and not isinstance(scalar, bool) and scalar is not None:
            return None  # its next digit may come yet
        kind: Kind = "null" if scalar is None else "boolean" if isinstance(scalar, bool) else "number"
        return Json(kind, at, end, scalar=scalar)

    def _string(self, at: int) -> Json:
        try:
            scalar, end = _DECODER.raw_decode(self.text, at)
            return Json("text", at, end, scalar=_HALF.sub("\ufffd", scalar))
        except JSONDecodeError as error:
            if not error.msg.startswith("Unterminated") and len(self.text) - error.pos > len("\\ud800\\udc00"):
                raise NotJson(_said(error.msg), error.pos) from error
        return Json("text", at, len(self.text), False, _begun(self.text[at:]))

    def _list(self, at: int, depth: int) -> Json:
        items: list[tuple[str, Json]] = []
        here = self.skip(at + 1)
        if self.text[here : here + 1] == "]":
            return Json("list", at, here + 1)
        while (value := self.value(here, depth + 1)) is not None:
            items.append(("", value))
            here = self.skip(value.end)
            if here >= len(self.text) or not value.is_whole:
                break
            if self.text[here] == "]":
                return Json("list", at, here + 1, items=tuple(items))
            here = self._after_comma(here)
        return Json("list", at, len(self.text), False, items=tuple(items))

    def _object(self, at: int, depth: int) -> Json:
        found: dict[str, tuple[Json, int]] = {}
        here = self.skip(at + 1)
        is_whole = self.text[here : here + 1] == "}"
        while not is_whole and here < len(self.text):
            if self.text[here] != '"':
                raise NotJson("a name in double quotes is expected here", here)
            name = self._string(here)
            colon = self.skip(name.end)
            if not name.is_whole or colon >= len(self.text):
                break
            if self.text[colon] != ":":
                raise NotJson("a colon is expected here", colon)
            value = self.value(self.skip(colon + 1), depth + 1)
            if value is None:
                break
            found[str(name.scalar)] = (value, here)
            here = self.skip(value.end)
            is_whole = value.is_whole and self.text[here : here + 1] == "}"
            if not is_whole and here < len(self.text):
                here = self._after_comma(here)
        items = tuple((name, value) for name, (value, _) in found.items())
        end = here + 1 if is_whole else len(self.text)
        return Json("object", at, end, is_whole, items=items, names_at=tuple(begin for _, begin in found.values()))

    def _after_comma(self, at: int) -> int:
        if self.text[at] != ",":
            raise NotJson("a comma is expected here", at)
        return self.skip(at + 1)


def _begun(written: str) -> str:
    """As much of a text as its beginning holds, which may end within an escape: `"a\\u00e` -> `a`."""
    for left_out in range(min(13, len(written))):  # two escapes are one character at most
        piece = written[: len(written) - left_out]
        try:
            scalar: str = _DECODER.decode(f'{piece}"')
        except JSONDecodeError:
            continue
        if not ("\ud800" <= scalar[-1:] <= "\udfff"):
            return _HALF.sub("\ufffd", scalar)
    return ""


def _said(message: str) -> str:
    return f"{message[:1].lower()}{message[1:]}".partition(":")[0]
