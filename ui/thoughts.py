"""What a model thought before it answered, as a block that is folded once the answer begins. Pure."""

import string

# A blank line would end the HTML for the Markdown parser, and signs like * or $ would be read as its own.
_ESCAPES = {ord(sign): f"&#{ord(sign)};" for sign in string.punctuation + string.whitespace.replace(" ", "")}


def thought_block(thought: str, is_all: bool) -> str:
    """HTML for a thought; open where it is all that there is yet, or ever will be."""
    unfolded = " open" if is_all else ""
    return (
        f'<details class="thought"{unfolded}><summary>Thought</summary><p>{thought.translate(_ESCAPES)}</p></details>'
    )
