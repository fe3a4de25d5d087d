"""The texts of messages in a form in which Gradio's Markdown, formulas and HTML show what was written.

What is changed for that can be changed back by who does not have the text that it came from: the page's script does so
where a message is edited, copied or read aloud. So signs become entities with more zeros than anybody writes, and the
signs of formulas characters that Unicode keeps for such a use.
"""

import re
import string
from collections import deque
from collections.abc import Iterator
from functools import lru_cache

from ui.render.blocks import CLOSERS, Kind
from ui.render.formulas import can_be_drawn, formula_at
from ui.render.limits import within_limits

LONGEST = 100_000  # characters
_DRAWN = {
    sign: (chr(0xFDD0 + 2 * place), chr(0xFDD1 + 2 * place)) for place, sign in enumerate(("$", "$$", r"\(", r"\["))
}
LATEX: list[dict[str, str | bool]] = [
    {"left": left, "right": right, "display": sign in CLOSERS} for sign, (left, right) in _DRAWN.items()
]

OURS = "".join(map(chr, range(0xFDD0, 0xFDD8)))
_OURS = re.compile(f"[{OURS}]")
GRADIOS = "%%%LATEX_BLOCK_"  # with a number, it stands for a formula while Gradio reads the Markdown
_HTML = '&<"\t'  # in this order: each becomes an entity
_TOKEN = re.compile(r"\\[\s\S]|`+|\$+|<|!\[|&#x0000|\]\(<")
_LINK = re.compile(r"<(?:(?:https?|mailto):[^\s<>]*+|[\w.+-]{1,64}+@[\w-]++(?:\.[\w-]++)*+)>", re.ASCII | re.IGNORECASE)
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_ADDRESS = re.compile(
    r"\]\(<(?!/?[a-z][a-z\d-]*+[\s/>])[^<>\n]*+>(?:\s*+[\"'(][^<>\n)]*+)?\)", re.IGNORECASE
)  # not a tag's
_BRACKET = re.compile(r"\\[\s\S]|[\[\]]")
_ELSEWHERE = re.compile(r"\]\(\s*+<?(?:https?:)?//", re.IGNORECASE)
# A blank line would end the HTML for the Markdown parser, and signs like * or $ would be read as its own.
_VERBATIM = {ord(sign): f"&#{ord(sign)};" for sign in string.punctuation + string.whitespace.replace(" ", "")}
_VERBATIM |= dict.fromkeys(map(ord, OURS), "\ufffd")  # the signs of formulas, which are ours alone


def shortened(text: str) -> str:
    """As much of a text as is shown of one that nobody reads to its end; it is kept and exported whole."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n[Cut here: it has {len(text):,} characters.]"


def verbatim(text: str) -> str:
    """A text within a line of HTML or Markdown of ours, of which neither reads anything as its own."""
    return text.translate(_VERBATIM)


def typed(text: str) -> str:
    """A person's own text, to be shown as it is: HTML that Markdown does not look into."""
    return f'<pre class="typed">\n{_escaped(_without_ours(text))}</pre>'


def _escaped(text: str) -> str:
    for sign in _HTML:
        text = text.replace(sign, _entity(sign))
    return text.replace(GRADIOS, _entity("%") + GRADIOS[1:])


def _without_ours(text: str) -> str:
    """The signs of formulas are ours alone: what else has them, which Unicode lets nobody send, would be drawn.

    To look for each by itself takes a tenth of the time, of a long text that has none.
    """
    return _OURS.sub("\ufffd", text) if any(sign in text for sign in OURS) else text


def written(text: str) -> str:
    """A model's text, as Markdown: tags stand as text, money is no formula, and code stays as it is.

    Pictures of other hosts are links, since they would tell those hosts who reads this. A text that is longer than any
    that people read as such is shown as it is, or an update of it could take seconds, here and in the browser.
    """
    if len(text) > LONGEST or GRADIOS in text:
        return typed(text)
    return _remembered(text) if len(text) < 20_000 else _converted(text)


def _converted(text: str) -> str:
    return within_limits(_without_ours(text), _shown, _as_it_is, _entity)


def _as_it_is(text: str) -> str:
    """A part of a text, to be shown as `typed` does; its first letter tells that it is ours."""
    return f'\n<pre class="{_entity("t")}yped">\n{_escaped(text)}</pre>\n'


# While an answer streams, all that stand before it are shown anew at each of its updates.
_remembered = lru_cache(maxsize=512)(_converted)


def _shown(kind: Kind, piece: str) -> str:
    if kind in ("fence", "code"):
        return piece
    if kind == "formula" and (formula := _alone(piece)):
        return formula
    return "".join(_pieces(piece, kind == "row"))


def _alone(text: str) -> str | None:
    start = min(at for sign in CLOSERS if (at := text.find(sign)) >= 0)
    content, blanks = text[start + 2 :].rstrip()[:-2], text[len(text.rstrip()) :]
    return text[:start] + _drawn(text[start : start + 2], content) + blanks if can_be_drawn(content) else None


def _drawn(sign: str, content: str) -> str:
    left, right = _DRAWN[sign]
    return left + content + right


def _entity(sign: str) -> str:
    return f"&#x0000{ord(sign):02x};"


def _pieces(text: str, is_row: bool) -> Iterator[str]:
    """The text of one paragraph or row, piece by piece."""
    ticks, pictures, at = _Ticks(text), _pictures(text), 0
    while found := _TOKEN.search(text, at):
        token, start = found[0], found.start()
        yield text[at:start]
        if token[0] == "`":
            at = ticks.end_of_code(*found.span(), is_row)
            yield text[start:at]
        else:
            is_picture = token == "![" and start in pictures
            at, shown = (start + 2, f"[picture{_entity(':')} ") if is_picture else _replaced(text, start, token, is_row)
            yield shown
    yield text[at:]


def _pictures(text: str) -> frozenset[int]:
    """Where pictures of other hosts begin. Each bracket is looked at once: descriptions may be within each other."""
    if "![" not in text:
        return frozenset()
    opened, found = list[int](), list[int]()
    for bracket in _BRACKET.finditer(text):
        if bracket[0] == "[":
            opened.append(bracket.start())
        elif bracket[0] == "]" and opened and _ELSEWHERE.match(text, bracket.start()):
            found.append(opened.pop() - 1)
        elif bracket[0] == "]" and opened:
            opened.pop()
    return frozenset(found)


def _replaced(text: str, start: int, token: str, is_row: bool) -> tuple[int, str]:
    """Where what this token begins ends, and what is shown of it."""
    end, kept = start + len(token), None
    if token[0] == "$" or token in (r"\(", r"\["):
        if formula := formula_at(text, start, token):
            return formula[0], _drawn(token, formula[1])
    elif token == "<":
        kept = _LINK.match(text, start) or (_BREAK.match(text, start) if is_row else None)
        token = _entity("<")
    elif token == "](<":
        kept = _ADDRESS.match(text, start)
        end, token = start + 2, "]("
    elif token[0] == "&":
        token = _entity("&") + token[1:]
    return (kept.end(), kept[0]) if kept else (end, token)


class _Ticks:
    """Finds where code between ticks ends: at the next run of as many."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._runs: dict[int, deque[int]] = {}
        for run in re.finditer("`+", text):
            self._runs.setdefault(len(run[0]), deque()).append(run.start())

    def end_of_code(self, start: int, end: int, is_row: bool) -> int:
        """Where the code ends that the ticks from `start` to `end` begin; the ticks' own end where they begin none.

        Asked with growing places only. The cells of a row are told apart before their ticks are.
        """
        runs = self._runs.get(end - start, deque())
        while runs and runs[0] < end:
            runs.popleft()
        if not runs or (is_row and re.search(r"(?<!\\)\|", self._text[end : runs[0]])):
            return end
        return runs[0] + end - start
