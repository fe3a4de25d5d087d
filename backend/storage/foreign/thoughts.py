"""What a model thought, wherever a program keeps it: in parts of its own, or in tags before the answer."""

import html
import re
from collections.abc import Iterator

from backend.chat.parts import BETWEEN_TEXTS, Text
from backend.storage.foreign.pieces import MAX_NESTED, Piece, Thought, first, text_of


def thoughts(value: object, depth: int = 0) -> str:
    """The text of a thought: itself a text, a part with one, or a list of such."""
    if isinstance(value, list) and depth < MAX_NESTED:
        return BETWEEN_TEXTS.join(filter(None, (thoughts(part, depth + 1) for part in value)))
    if isinstance(value, dict):
        inner = first(value, "thinking", "text", "content", "summary", "reasoning")
        return thoughts(inner, depth + 1) if depth < MAX_NESTED else ""
    return text_of(value)


_TAGGED = (
    ("<think>", "</think>"),
    ('<details type="reasoning"', "</details>"),  # open-webui
)


def without_thought(text: str) -> Iterator[Piece]:
    """An answer's text, and before it what stands in tags of thought at its beginning."""
    for opening, closing in _TAGGED:
        start = text.lstrip()
        end = start.find(closing)
        if start.startswith(opening) and end > 0:
            inner = start[len(opening) : end]
            if opening[-1] != ">":
                inner = re.sub(r"^> ?", "", inner.rpartition("</summary>")[2].strip(), flags=re.MULTILINE)
                inner = html.unescape(inner)
            yield Thought(inner.strip())
            text = start[end + len(closing) :].lstrip()
    yield Text(text)
