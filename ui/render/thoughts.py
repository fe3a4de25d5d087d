"""What a model thought before it answered, as a block that is folded once the answer begins. Pure."""

import html

from ui.render.texts import shortened


def thought_block(thought: str, is_all: bool) -> str:
    """HTML for a thought; open where it is all that there is yet, or ever will be."""
    unfolded, text = " open" if is_all else "", html.escape(shortened(thought))
    return f'<details class="thought"{unfolded}><summary>Thought</summary><p>{text}</p></details>'
