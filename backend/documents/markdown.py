"""Markdown of what documents hold: tables, and the plain HTML that mammoth makes of a Word file."""

import html.parser
from collections.abc import Sequence

HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "s": "~~"}
MAX_DEPTH = 20  # of lists within lists


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its head, as wide as its widest row; empty where there are no rows."""
    width = max((_width(row) for row in rows), default=0)
    if not width:
        return ""
    lines = ["| " + " | ".join(_cells(row, width)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _width(row: Sequence[str]) -> int:
    return max((place for place, cell in enumerate(row, 1) if cell), default=0)


def _cells(row: Sequence[str], width: int) -> list[str]:
    cells = [" ".join(cell.split()).replace("|", "\\|") for cell in row[:width]]
    return cells + [""] * (width - len(cells))


def of_html(source: str) -> str:
    """Mammoth's HTML as Markdown: headings, paragraphs, lists, tables, bold, italic. Links keep their words."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    return reader.written()


class _Reader(html.parser.HTMLParser):
    """Blocks of Markdown, as the elements of a document come. A table within a table is text of its cell."""

    def __init__(self) -> None:
        super().__init__()
        self._blocks: list[tuple[str, bool]] = []  # and whether it is an item of a list
        self._text: list[str] = []
        self._prefix = ""
        self._lists: list[int] = []  # the number of the last item of each list that is open; -1 has bullets
        self._rows: list[list[str]] = []
        self._tables = 0

    def written(self) -> str:
        """All of it."""
        self._end_block()
        parts: list[str] = []
        after_item = False
        for text, is_item in self._blocks:
            parts += ["\n" if after_item and is_item else "\n\n", text]
            after_item = is_item
        return "".join(parts[1:])

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        if tag in MARKS:
            self._text.append(MARKS[tag])
        elif tag == "br":
            self._text.append(" " if self._tables else "\n")
        elif tag == "table":
            self._begin_table()
        elif self._tables:
            self._in_table(tag)
        elif tag in HEADINGS:
            self._end_block(f"{HEADINGS[tag]} ")
        elif tag in ("ul", "ol"):
            self._end_block()
            self._lists.append(0 if tag == "ol" else -1)
        elif tag == "li":
            self._begin_item()
        elif tag == "p":
            self._end_block()

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        if tag in MARKS:
            self._text.append(MARKS[tag])
        elif tag == "table" and self._tables:
            self._end_table()
        elif self._tables:
            self._text.append(" ")
            if tag in ("td", "th") and self._tables == 1:
                self._rows[-1][-1] = self._taken()
        elif tag in ("ul", "ol") and self._lists:
            self._end_block()
            self._lists.pop()
        elif tag in (*HEADINGS, "p", "li"):
            self._end_block()

    def handle_data(self, data: str) -> None:
        """See HTMLParser."""
        self._text.append(data)

    def _begin_table(self) -> None:
        if not self._tables:
            self._end_block()
            self._rows = []
        self._tables += 1

    def _in_table(self, tag: str) -> None:
        if self._tables == 1 and tag == "tr":
            self._rows.append([])
        elif self._tables == 1 and tag in ("td", "th"):
            self._text = []
            self._rows = self._rows or [[]]
            self._rows[-1].append("")

    def _end_table(self) -> None:
        self._tables -= 1
        if not self._tables and (written := table(self._rows)):
            self._blocks.append((written, False))

    def _begin_item(self) -> None:
        self._end_block()
        if not self._lists:
            self._lists.append(-1)
        if self._lists[-1] >= 0:
            self._lists[-1] += 1
        sign = f"{self._lists[-1]}." if self._lists[-1] >= 0 else "-"
        self._prefix = f"{'  ' * min(len(self._lists) - 1, MAX_DEPTH)}{sign} "

    def _end_block(self, prefix: str = "") -> None:
        """Ends what is written, and begins what stands after `prefix`; an item's own waits for its first text."""
        text, is_item = self._taken(), not self._prefix.startswith("#") and self._prefix != ""
        if text:
            self._blocks.append((self._prefix + text, is_item))
        if text or prefix or not is_item:
            self._prefix = prefix

    def _taken(self) -> str:
        text = "".join(self._text).strip()
        self._text = []
        return text
