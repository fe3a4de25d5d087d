"""What a model thought before it answered, as a block that is folded once the answer begins. Pure."""

import html

from ui.render.texts import shortened
from ui.texts import texts


def thought_block(thought: str, is_all: bool, is_growing: bool = False) -> str:
    """HTML for a thought; open where it is all that there is yet, or ever will be."""
    unfolded, text = " open" if is_all else "", html.escape(shortened(thought))
    told = texts.tools.thinking if is_all and is_growing else texts.tools.thought
    return f'<details class="thought" data-of="thought"{unfolded}><summary>{told}</summary><p>{text}</p></details>'
