"""What a model thought before it answered, as a block that is folded once the answer begins. Pure."""

import re
from collections.abc import Sequence

from backend.chat.messages import AssistantMessage
from ui.texts import texts

_MARKED = re.compile(r"\s*(?:<think>(.*?)(?:</think>|\Z)|\[THINK\](.*?)(?:\[/THINK\]|\Z))", re.DOTALL)


def without_thought(text: str) -> tuple[str, str]:
    """A thought that stands in an answer's text, as servers send it that cannot tell them apart, and the rest."""
    found = _MARKED.match(text)
    return (found[1] or found[2] or "", text[found.end() :]) if found else ("", text)


def thought_block(blocks: Sequence[str], about: str, is_all: bool) -> str:
    """HTML for a thought in these blocks, with what is said of it; open where it is all that there is yet, or ever will
    be.
    """
    unfolded = " open" if is_all else ""
    shown = "".join(blocks)
    return f'<details class="thought"{unfolded}><summary>{about}</summary><div>{shown}</div></details>'


def about_thought(message: AssistantMessage, is_under_way: bool) -> str:
    """How long the model thought, and in how many tokens, as far as that is known."""
    said = texts.answer
    if is_under_way:
        return said.thinking
    time = _time(message.thought_seconds)
    told = [said.thought_for.format(time=time) if message.thought_seconds else said.thought]
    if message.thought_tokens:
        told.append(said.thought_tokens.format(tokens=f"{message.thought_tokens:,}"))
    return " · ".join(told)


def _time(seconds: float) -> str:
    if seconds < 9.95:
        return texts.answer.seconds.format(seconds=f"{seconds:.1f}")
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return texts.answer.seconds.format(seconds=rest)
    return texts.answer.minutes.format(minutes=minutes, seconds=rest)
