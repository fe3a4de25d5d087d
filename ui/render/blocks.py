r"""A Markdown text, cut into code, formulas that stand alone, rows of tables, and the rest, line by line.

The browser's parser decides once more what is code; where it should decide otherwise, entities or tags would be seen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["fence", "code", "formula", "row", "text"]  # a fence is the line that opens one
Piece = tuple[Kind, str]

CLOSERS = {"$$": "$$", r"\[": r"\]"}
_QUOTES = re.compile(r"(?: {0,3}> ?)*+")
_BLANKS = re.compile(r"[ \t]*+")
_MARKER = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:[ \t]++|$)")
_FENCE = re.compile(r"`{3,}+(?=[^`]*$)|~{3,}+")
# A heading, a line across, or (only under a paragraph) the line that makes a heading of it: no text runs on below them.
_ALONE = re.compile(r"#{1,6}(?:[ \t]|$)|(?:-[ \t]*+){3,}+$|(?:_[ \t]*+){3,}+$|(?:\*[ \t]*+){3,}+$")
_UNDERLINE = re.compile(r"=++[ \t]*+$")
_STARTS_LIST = re.compile(r"[ \t>]*+(?:[-*+]|1[.)]) ")  # within a paragraph
_ITEM = re.compile(r"[ \t>]*+(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_IS_ALONE = re.compile(rf"[ \t>]*+(?:{_ALONE.pattern})")


@dataclass(frozen=True)
class _Fence:
    sign: str
    is_quoted: bool
    column: int  # at which its list item's content begins


@dataclass
class _Cutter:
    """Goes from line to line. `columns`: where the contents of the open lists begin, outside of a quote and in one.

    `runs_on`: what stands below a row or a formula may be its text still, however far it is indented.
    """

    lines: list[str]
    at: int = 0
    fence: _Fence | None = None
    paragraph: list[str] = field(default_factory=list)
    runs_on: bool = False
    columns: dict[bool, list[int]] = field(default_factory=lambda: {False: [], True: []})
    was_quoted: bool = False
    is_empty_item: bool = False  # the line before: a blank one ends its list
    # Before this line no formula is closed that has this closing sign, and its opening one alone on a line or not.
    unclosed: dict[tuple[str, bool], int] = field(default_factory=dict)

    def blocks(self) -> Iterator[Piece]:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if self.fence and self._is_fenced(line, self.fence):
                yield "code", line
            else:
                self.fence = None
                yield from self._block(line)
            self.at += 1
        yield from self._flush()

    def _flush(self) -> Iterator[Piece]:
        if self.paragraph:
            yield "text", "\n".join(self.paragraph)
            self.paragraph = []
        self.runs_on = False

    def _is_fenced(self, line: str, fence: _Fence) -> bool:
        """Whether a line belongs to the open fence, which it may end."""
        start = _end(_QUOTES, line, 0) if fence.is_quoted else 0
        inner = _end(_BLANKS, line, start)
        width = _width(line, start, inner)
        if (fence.is_quoted and not start) or (inner < len(line) and width < fence.column):
            return False
        if width < fence.column + 4 and line.startswith(fence.sign, inner) and not line[inner:].strip("`~ \t"):
            self.fence = None
        return True

    def _block(self, line: str) -> Iterator[Piece]:
        start = _end(_QUOTES, line, 0)
        inner = _end(_BLANKS, line, start)
        is_quoted = start > 0
        if is_quoted and not self.was_quoted:
            self.columns[True] = []
            yield from self._flush()
        was_empty_item = self.is_empty_item and is_quoted == self.was_quoted
        columns, self.was_quoted, self.is_empty_item = self.columns[is_quoted], is_quoted, False
        if inner == len(line):
            yield from self._flush()
            yield "text", line
            if was_empty_item:
                columns.pop()
            return
        width, marker = _width(line, start, inner), _MARKER.match(line, inner)
        in_text = self.runs_on or bool(self.paragraph)
        if marker or not in_text or _FENCE.match(line, inner) or self._is_alone(line, inner):
            while columns and width < columns[-1]:
                columns.pop()
        if width >= (columns[-1] if columns else 0) + 4:
            if in_text:
                self.paragraph.append(line)
            else:
                yield "code", line
            return
        if marker:
            yield from self._flush()
        while marker:
            blanks = len(marker[0]) - len(marker[0].rstrip())
            width += len(marker[0]) if blanks <= 4 else len(marker[0]) - blanks + 1
            columns.append(width)
            self.is_empty_item = marker.end() == len(line)
            inner = _end(_QUOTES, line, marker.end())
            marker = _MARKER.match(line, inner)
        yield from self._content(line, inner, _Fence("", is_quoted, columns[-1] if columns else 0))

    def _content(self, line: str, start: int, place: _Fence) -> Iterator[Piece]:
        """A line that begins, behind the marks of quotes and lists, at `start`."""
        if fence := _FENCE.match(line, start):
            self.fence = _Fence(fence[0], place.is_quoted, place.column)
            yield from self._flush()
            yield "fence", line
        elif (last := self._formula_end(line[start:])) is not None:
            yield from self._flush()
            yield "formula", "\n".join(self.lines[self.at : last + 1])
            self.at, self.runs_on = last, True
        elif line.startswith("|", start):
            yield from self._flush()
            yield "row", line
            self.runs_on = True
        elif self._is_alone(line, start):
            yield from self._flush()
            yield "text", line
        else:
            self.paragraph.append(line)

    def _is_alone(self, line: str, start: int) -> bool:
        return bool(_ALONE.match(line, start) or (self.paragraph and _UNDERLINE.match(line, start)))

    def _formula_end(self, opening: str) -> int | None:
        """The line that ends with the closing sign of the formula that begins here; None where none does."""
        closer, is_alone = CLOSERS.get(opening[:2], ""), len(opening.rstrip()) == 2
        if not closer or closer in opening[2:] or self.at < self.unclosed.get((closer, is_alone), 0):
            return None
        for number in range(self.at + 1, len(self.lines)):
            line = self.lines[number].strip()
            if closer in line and line.index(closer) == len(line) - 2:
                return number
            if closer in line or _FENCE.match(line) or not (line or is_alone):
                self.unclosed[closer, is_alone] = number
                return None
        self.unclosed[closer, is_alone] = len(self.lines)
        return None


def blocks(text: str) -> Iterator[Piece]:
    r"""The text's pieces in order, each a line or more; joined by line ends they are the text again.

    A formula that stands alone begins a line with `$$` or `\[`, and ends one that comes later.
    """
    return _Cutter(text.split("\n")).blocks()


def units(lines: list[str], at: int, unclosed: dict[tuple[str, bool], int]) -> Iterator[list[Piece]]:
    """The pieces from line `at` on, together where the browser may read them as one paragraph, table or block of code.

    Where it is not sure they are one. `unclosed` is to be the same in all calls for one text.
    """
    unit, is_list = list[Piece](), False
    for piece in _Cutter(lines, at, unclosed=unclosed).blocks():
        is_code = bool(unit) and unit[-1][0] in ("fence", "code") and piece[0] == "code"
        is_first = not unit or _is_by_itself(unit[-1]) or _is_by_itself(piece)
        item = _ITEM.match(piece[1]) if is_first or is_list else None
        is_item = bool(_STARTS_LIST.match(piece[1]) or (item and (is_first or ">" not in item[0])))
        if unit and not is_code and (is_first or is_item):
            yield unit
            unit = []
        is_list = is_item or (is_list and not is_first)
        unit.append(piece)
    if unit:
        yield unit


def _is_by_itself(piece: Piece) -> bool:
    """Whether it is code, blank, a heading or a line across: no paragraph goes on in it, or below it."""
    kind, text = piece
    return kind in ("fence", "code") or not text.strip(" \t>") or (kind == "text" and bool(_IS_ALONE.match(text)))


def _end(pattern: re.Pattern[str], line: str, start: int) -> int:
    found = pattern.match(line, start)
    return found.end() if found else start


def _width(line: str, start: int, end: int) -> int:
    return len(line[start:end].expandtabs(4))
