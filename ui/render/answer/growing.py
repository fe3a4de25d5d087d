"""The blocks of an answer that is being written: at each update only those at its end are made. Pure."""

import re

from ui.render.answer.blocks import USUAL, as_written, rendered, weight
from ui.render.formulas import LONGEST
from ui.render.texts import plain, sendable

UNSETTLED = 20_000  # characters that are formatted anew at each update
SIGNS = 6_000  # of them at which Markdown looks, if none of it settles: some 0.3 s of the worst
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_OPENING = re.compile(r"\$\$|\\\[|\\begin\{\w+\*?\}")  # on a line of its own, as one that goes on is written
_CLOSING = re.compile(r"(?:\$\$|\\\]|\\end\{\w+\*?\})$")


class GrowingText:
    """Remembers the blocks that do not change any more."""

    def __init__(self) -> None:
        self._settled = ""  # the text of these blocks
        self._blocks: list[str] = []
        self._last: tuple[str, tuple[str, ...]] = ("", ())
        self._is_stuck = False  # whether none settled at the last update

    def blocks(self, text: str) -> tuple[str, ...]:
        """See ui/render/answer/blocks.py; what the text begins with is to be what it was the last time."""
        if text != self._last[0]:  # a thought stays as it is while the answer to it grows
            self._last = (text, self._made(sendable(text)))
        return self._last[1]

    def _made(self, text: str) -> tuple[str, ...]:
        if len(text) > USUAL.characters:
            return as_written(text)
        if not text.startswith(self._settled):
            self._settled, self._blocks = "", []
        rest = text[len(self._settled) :]
        is_much = len(rest) > UNSETTLED or (self._is_stuck and weight(rest) > SIGNS)
        if is_much and not _FENCE.match(rest):
            return (*self._blocks, plain(rest))
        rest, formula = _without_open_formula(rest)
        made = list(rendered(rest, is_growing=not formula))
        lines = rest.split("\n")
        # The last but one may go on yet: a line may make a list's item of what follows a blank one. Not before code.
        count = len(made) - (1 if made and _is_code_begun(lines, made[-1][0]) else 2)
        self._is_stuck = count <= 0
        if count > 0:
            self._settled += "\n".join(lines[: made[count][0]]) + "\n"
            self._blocks += [block for _, block in made[:count]]
        shown = (*self._blocks, *(block for _, block in made[max(count, 0) :]))
        return (*shown, plain(formula)) if formula else shown


class GrowingAnswer:
    """Those of what a model thinks, and of what it writes."""

    def __init__(self) -> None:
        self.thought, self.text = GrowingText(), GrowingText()


def _is_code_begun(lines: list[str], at: int) -> bool:
    """Whether code begins at this line, which is whole, and a blank one stands before it."""
    return 0 < at < len(lines) - 1 and bool(_FENCE.match(lines[at])) and not lines[at - 1].strip()


def _without_open_formula(text: str) -> tuple[str, str]:
    """What comes before a formula that is not closed yet, and that: as Markdown it would be another thing each time."""
    lines, opened = text.split("\n"), None
    for number, line in enumerate(lines):
        line = line.strip()
        if opened is None and _OPENING.fullmatch(line):
            opened = number
        elif opened is not None and _CLOSING.search(line):
            opened = None
    formula = "\n".join(lines[opened:]) if opened is not None else ""
    return (text, "") if not formula or len(formula) > LONGEST else ("\n".join(lines[:opened]), formula)
