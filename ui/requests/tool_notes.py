"""What the editor of tools is said to hold, as HTML."""

import html
from collections.abc import Sequence

from backend.tools.schemas import Reading
from ui.texts import texts

MOST, NAMED = 5, 30  # sentences of a kind, and names, that are shown


def tool_note(read: Reading) -> str:
    """Which tools can be used, which cannot and why, and what of them was read otherwise."""
    if not read.specs:
        return "".join(warning(texts.panel.custom_tools_wrong.format(error=error)) for error in read.refused[:1])
    count, names = len(read.specs), [spec.name for spec in read.specs]
    named = ", ".join(names if count <= NAMED else [*names[:NAMED], "…"])
    sentence = texts.panel.one_custom_tool if count == 1 else texts.panel.many_custom_tools
    left_out = _first([texts.panel.custom_tool_left_out.format(error=error) for error in read.refused])
    notes = [_fine(note) for note in _first(read.notes)]
    return "".join([_fine(sentence.format(count=count, names=named)), *map(warning, left_out), *notes])


def warning(sentence: str) -> str:
    """A sentence on what is wrong."""
    return f'<p class="warning">{html.escape(sentence)}</p>'


def _fine(sentence: str) -> str:
    return f'<p class="fine">{html.escape(sentence)}</p>'


def _first(sentences: Sequence[str]) -> list[str]:
    more = len(sentences) - MOST
    return [*sentences[:MOST], *([texts.panel.and_more.format(count=more)] if more > 0 else [])]
