"""A model's text, which is Markdown, as HTML: block by block, so that what does not change need not be made, sent or
drawn again. Pure.

What would keep a server or a browser busy is shown as it was written, with a button that asks for more patience.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markdown_it.token import Token

from ui.render.answer.code import Clock
from ui.render.answer.markdown import DEEPEST, MARKDOWN
from ui.render.texts import plain, sendable, unformatted

_SIGNS = "\n[]*_`<>$\\!~|&:@^w"  # what Markdown looks at: the rest of a text takes no time


@dataclass(frozen=True)
class Patience:
    """How much of a message is formatted: its characters, those of them that Markdown looks at, and its elements."""

    characters: int
    signs: int
    elements: int
    elements_of_one: int

    def allows(self, text: str) -> bool:
        """Whether a text may be looked through, which takes some 70 µs for each of its signs at worst."""
        return len(text) <= self.characters and weight(text) <= self.signs


USUAL = Patience(100_000, 25_000, 15_000, 5_000)
ASKED_FOR = Patience(400_000, 60_000, 60_000, 60_000)  # a second of both, or some
LONG = 20_000  # characters of a text of which few are remembered


def weight(text: str) -> int:
    """How many signs it has."""
    return sum(text.count(sign) for sign in _SIGNS)


def blocks(text: str) -> tuple[str, ...]:
    """The text as blocks of HTML."""
    return _remembered(text) if len(text) < LONG else _remembered_long(text)


def as_written(text: str) -> tuple[str, ...]:
    """The text as one block that is not formatted."""
    return (unformatted(sendable(text), True),)


@lru_cache(maxsize=8)  # it takes seconds, and can be asked for by the hundred
def formatted(text: str) -> tuple[str, ...] | None:
    """All its blocks formatted, for who asked for them. None where that is too much for anybody."""
    shown = made(text, ASKED_FOR)
    return None if any(block.startswith('<div class="unformatted') for block in shown) else shown


def made(text: str, patience: Patience = USUAL) -> tuple[str, ...]:
    """The same, of which nothing is remembered."""
    text = sendable(text)
    if not patience.allows(text):
        return as_written(text)
    shown = tuple(block for _, block in rendered(text, patience))
    return shown if sum(map(_elements, shown)) <= patience.elements else as_written(text)


_remembered, _remembered_long = lru_cache(maxsize=512)(made), lru_cache(maxsize=16)(made)


def rendered(text: str, patience: Patience = USUAL, is_growing: bool = False) -> Iterator[tuple[int, str]]:
    """The line at which each block begins, and its HTML."""
    env: dict[str, Any] = {"drawn": 0, "clock": Clock()}
    groups = list(_groups(MARKDOWN.parse(text, env)))
    lines = text.split("\n")
    for number, group in enumerate(groups):
        env["growing"] = is_growing and number == len(groups) - 1
        begin, end = group[0].map or (0, 0)
        source = "\n".join(lines[begin:end])
        block = MARKDOWN.renderer.render(group, MARKDOWN.options, env) if _is_flat(group) else plain(source)
        yield begin, unformatted(source, False) if _elements(block) > patience.elements_of_one else block


def _elements(block: str) -> int:
    return block.count("<") - block.count("</")


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each block that stands in no other."""
    group = list[Token]()
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield group
            group = []


def _is_flat(group: Sequence[Token]) -> bool:
    """Whether nothing was left out for standing too deep."""
    return all(token.level < DEEPEST - 1 for token in group)
