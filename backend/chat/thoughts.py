"""What a model thinks before it answers: which of it goes back to the model, and where a system prompt shows it how.

https://huggingface.co/mistralai/Ministral-3-14B-Reasoning-2512
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from backend.chat.messages import AssistantMessage, Message

MARKS = re.compile(r"\[THINK\](.*?)\[/THINK\]", re.DOTALL)  # as SYSTEM_PROMPT.txt of a model that thinks has them


def thoughts_as_sent(messages: tuple[Message, ...], send: bool, continues: bool = False) -> tuple[Message, ...]:
    """The messages with the thoughts that a model reads: where they are to be sent, those that led to an answer.

    The answer that is gone on with keeps its thought, which may be what is gone on with.
    """
    last = len(messages) - 1 if continues else -1
    return tuple(
        message if index == last or (send and not is_unfinished(message)) else _without(message)
        for index, message in enumerate(messages)
    )


def is_unfinished(message: Message) -> bool:
    """Whether it is an answer that ended within its thought."""
    return isinstance(message, AssistantMessage) and bool(message.thought) and not (message.text or message.tool_calls)


def shows_thoughts(prompt: str) -> bool:
    """Whether a system prompt shows a model how to think."""
    return bool(MARKS.search(prompt))


def marked(prompt: str) -> Iterator[tuple[str, bool]]:
    """The pieces of a system prompt that are not empty, and whether each is the model of a thought."""
    at = 0
    for found in MARKS.finditer(prompt):
        yield from (
            (piece, is_thought)
            for piece, is_thought in ((prompt[at : found.start()], False), (found[1], True))
            if piece
        )
        at = found.end()
    if rest := prompt[at:]:
        yield rest, False


def _without(message: Message) -> Message:
    return replace(message, thought="") if isinstance(message, AssistantMessage) and message.thought else message
