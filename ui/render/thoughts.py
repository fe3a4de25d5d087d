"""What a model thought before it answered, as a block that is folded once the answer begins. Pure."""

import re
from collections.abc import Sequence

from ui.texts import texts

_MARKED = re.compile(r"\s*<think>(.*?)(?:</think>|\Z)", re.DOTALL)


def without_thought(text: str) -> tuple[str, str]:
    """A thought that stands in an answer's text, as servers send it that cannot tell them apart, and the rest."""
    found = _MARKED.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)


def thought_block(blocks: Sequence[str], is_all: bool) -> str:
    """HTML for a thought in these blocks; open where it is all that there is yet, or ever will be."""
    unfolded = " open" if is_all else ""
    shown = "".join(blocks)
    summary = f"<summary>{texts.answer.thought}</summary>"
    return f'<details class="thought"{unfolded}>{summary}<div>{shown}</div></details>'
