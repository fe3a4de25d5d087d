"""What of a text is shown as it is, since as Markdown it would keep the reader's browser busy for seconds. Pure.

A short text may become a large page (a table's rows are filled up to the width of its head), or one that Gradio's
Markdown, its highlighting or its drawing of formulas work on for minutes: they take times that grow with the square of
a paragraph's length, or worse. So each paragraph, table and block of code is weighed, and all of a message together.
What stands before a part that is too much, and after it, is a text of its own, for the server as for the browser.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from ui.render.blocks import Kind, Piece, units

Show = Callable[[Kind, str], str]
Escape = Callable[[str], str]

# Characters of paragraphs, each times the signs in its paragraph; one that may be emphasis counts for so many signs.
WORK, EMPHASIS = 40_000_000, 20
CELLS, ALL_CELLS = 2_000, 4_000  # of a table, and of all
DEPTH = 10  # of lists and quotes within each other
FAR = 200  # characters into a line, where no text begins that one reads
FORMULAS, DRAWN = 300, 12_000  # formulas, and their characters
HIGHLIGHTED, ALL_HIGHLIGHTED = 16_000, 32_000  # characters of a block of code, and of all
# Of those in languages whose highlighting takes times that grow with more than the length's square.
SLOWLY = 5_000
SLOW = frozenset(("atom", "html", "markup", "mathml", "php", "rss", "ssml", "svg", "xml"))
DIAGRAMS, DIAGRAM = 3, 1_200  # and characters of one
EDGES, MANY = 50, 6  # of all diagrams, and signs for many at once (`a & b --> c & d`) in one
STATEMENTS = 150  # of all diagrams: nodes that nothing joins are drawn as well, and a line or a semicolon makes each
# Diagrams that are as large as numbers in them say: the most that these may come to, and where they stand.
SIZED = {"block": (100, re.compile(r":\s*(\d+)")), "packet": (4_000, re.compile(r"(\d+)"))}
DEFINITIONS = 100  # of links' addresses
# Blocks, each of which counts for two, or in lists and quotes for as many as there are, times the text's length: after
# each block Gradio looks for formulas in all that comes.
BLOCKS = 200_000_000
REFUSED = 200  # parts that are too much; what comes after them is one part

_EMPHASIS = re.compile(r"\*+|(?<![^\W_])_+")  # within a word the browser does not look where it ends
_SIGNS = re.compile(r"[`\[\]!\\~<&@(_\n]|(?<= ) ")
_PREFIX = re.compile(r"(?:[ \t>]|[-*+](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$))*")
_MARK = re.compile(r"[^ \t>]+")
# The line under a table's head, in a list or a quote too, where there is a dash in it.
_DELIMITERS = re.compile(r"^[ \t>]*+(?:[-*+] |\d{1,9}[.)] )*+([ \t|:-]*+)$", re.MULTILINE)
_EDGE = re.compile(r"[-=.~<>|]{2,}")
_SIZED = re.compile(rf"(?:^|\r)[\s>]*({'|'.join(SIZED)})\b", re.MULTILINE)
# Mermaid takes these out wherever they stand, within names and numbers too. Lines of their own join nothing then.
_SETTINGS = re.compile(r"^[ \t>]*%%\{[\s>]*init\s*:\s*\{(?:(?!\}%%).)*\}%%[ \t]*$", re.MULTILINE | re.DOTALL)
_DRAWN = re.compile("[\ufdd0\ufdd2\ufdd4\ufdd6]([^\ufdd0-\ufdd7]*)")
_LANGUAGE = re.compile(r"((?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*(?:`{3,}|~{3,})[ \t]*)([!-~])(.*)", re.DOTALL)


def within_limits(text: str, show: Show, as_it_is: Escape, escape: Escape) -> str:
    """The text as the browser is given it: `show` gives a piece as Markdown, `as_it_is` a part that is too much.

    `escape` gives a letter in another form, so that a language's name is none that is highlighted.
    """
    lines, unclosed, parts, at = text.split("\n"), dict[tuple[str, bool], int](), list[str](), 0
    weight = _Weight(max(1, BLOCKS // max(1, len(text))))
    while at < len(lines):
        for unit in units(lines, at, unclosed):
            end = at + sum(piece.count("\n") + 1 for _, piece in unit)
            shown = weight.shown(unit, show, escape)
            if shown is None:
                end = len(lines) if weight.is_used_up else end
                parts.append(as_it_is("\n".join(lines[at:end])))
            else:
                parts.append(shown)
            at = end
            if shown is None:  # and what follows is read anew
                break
    return "\n".join(parts)


@dataclass
class _Weight:
    """What the parts of a message come to so far."""

    blocks: int  # that are left
    refused: int = 0
    spent: dict[str, int] = field(default_factory=dict)
    columns: list[int] = field(default_factory=list)  # at which the open lists begin

    @property
    def is_used_up(self) -> bool:
        return self.blocks <= 0 or self.refused >= REFUSED

    def shown(self, unit: list[Piece], show: Show, escape: Escape) -> str | None:
        """A part as the browser is given it; None where it is too much."""
        kind, first = unit[0]
        if kind == "text" and not first.strip():
            return first
        depth = self._depth(unit)
        self.blocks -= depth or 2
        is_fine = not self.is_used_up and depth <= DEPTH
        if is_fine and kind in ("fence", "code"):
            return "\n".join(
                [self._language(unit, escape) if kind == "fence" else first, *(text for _, text in unit[1:])]
            )
        text = "\n".join(text for _, text in unit)
        shown = "\n".join(show(*piece) for piece in unit) if is_fine and self._takes(_costs(unit, text)) else None
        if shown is None or not self._takes(_formulas(shown)):
            self.refused += 1
            self.columns.clear()
            return None
        return shown

    def _takes(self, costs: dict[str, int]) -> bool:
        sums = {name: self.spent.get(name, 0) + cost for name, cost in costs.items() if cost}
        if any(sums[name] > LIMITS[name] for name in sums):
            return False
        self.spent |= sums
        return True

    def _language(self, unit: list[Piece], escape: Escape) -> str:
        """The line that opens a block of code; without a language that counts where all would be too much."""
        line, code = unit[0][1], "\n".join(text for _, text in unit[1:])
        length = len(line) + len(code)
        named = _LANGUAGE.match(line)
        if named is None:
            return line
        language = re.split(r"\s", named[2] + named[3])[0]
        if language == "mermaid":
            fits = length <= DIAGRAM and code.count("&") <= MANY and not _grows(code)
            statements = code.count("\n") + code.count(";")
            fits = fits and self._takes({"diagrams": 1, "edges": len(_EDGE.findall(code)), "statements": statements})
        else:
            fits = length <= (SLOWLY if language in SLOW else HIGHLIGHTED) and self._takes({"highlighted": length})
        return line if fits else named[1] + escape(named[2]) + named[3]

    def _depth(self, unit: list[Piece]) -> int:
        """In how many lists and quotes the deepest line stands."""
        deepest = 0
        for kind, text in unit:
            for line in text.split("\n") if kind != "code" else ():
                prefix = found[0] if (found := _PREFIX.match(line, 0, FAR)) else ""
                if not prefix and line:
                    self.columns.clear()
                for mark in _MARK.finditer(prefix):
                    while self.columns and self.columns[-1] >= mark.start():
                        self.columns.pop()
                    self.columns.append(mark.start())
                deepest = max(deepest, len(self.columns) + prefix.count(">"))
                if deepest > DEPTH:
                    return deepest
        return deepest


LIMITS = {
    "work": WORK, "cells": ALL_CELLS, "definitions": DEFINITIONS, "formulas": FORMULAS, "drawn": DRAWN,
    "highlighted": ALL_HIGHLIGHTED, "diagrams": DIAGRAMS, "edges": EDGES,
    "statements": STATEMENTS,
}  # fmt: skip


def _costs(unit: list[Piece], text: str) -> dict[str, int]:
    columns = max((line.strip(" \t|").count("|") + 1 for line in _delimiters(text)), default=0)
    cells = columns * (text.count("\n") + 1)
    rows = [piece for _, piece in unit] if _is_table(unit) else [text]
    work = sum(len(row) * (EMPHASIS * len(_EMPHASIS.findall(row)) + len(_SIGNS.findall(row))) for row in rows)
    return {"work": work, "cells": cells if cells <= CELLS else ALL_CELLS + 1, "definitions": text.count("]:")}


def _delimiters(text: str) -> Iterator[str]:
    """The lines that may stand under a table's head, without the marks of lists and quotes."""
    for line in _DELIMITERS.finditer(text):
        if "-" in line[0]:
            yield line[1] if "-" in line[1] else line[0]


def _is_table(unit: list[Piece]) -> bool:
    """Whether these are rows of one for sure, each cell of which is a text by itself."""
    if len(unit) < 2 or any(kind != "row" for kind, _ in unit) or "\\" in unit[0][1]:
        return False
    head, line = (text.strip(" \t") for _, text in unit[:2])
    return any(_delimiters(line)) and head.strip("|").count("|") == line.strip("|").count("|")


def _grows(diagram: str) -> bool:
    """Whether numbers make it a large one: `space:99999999` is as many blocks. So may one that hides them."""
    if "%%{" in _SETTINGS.sub("", diagram):
        return True
    kinds = [SIZED[kind] for kind in set(_SIZED.findall(diagram))]
    return any(sum(map(int, numbers.findall(diagram))) > most for most, numbers in kinds)


def _formulas(shown: str) -> dict[str, int]:
    found = _DRAWN.findall(shown)
    return {"formulas": len(found), "drawn": sum(map(len, found))}
