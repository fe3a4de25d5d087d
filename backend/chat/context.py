"""What of a conversation is sent, where a person wants less of it to be: without earlier pictures, or one turn only."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from backend.chat.messages import Conversation, Message, ToolMessage, UserMessage
from backend.chat.parts import BETWEEN_TEXTS, Image, Part, Text, TextFile

ContextPolicy = Literal["all", "no earlier pictures", "last turn"]
MADE = "This is the picture that the tool made."
REMOVED = "(a picture that is no longer shown)"


def apply_policy(conversation: Conversation, keep: ContextPolicy) -> Conversation:
    """The conversation as it is sent."""
    last = conversation.last_user_index
    if keep == "all" or last is None:
        return conversation
    examples = _examples(conversation.messages[:last])  # are not what was said before: without them there would be none
    if keep == "last turn":
        return Conversation(examples + conversation.messages[last:])
    earlier = tuple(_without_pictures(message) for message in conversation.messages[len(examples) : last])
    return Conversation(examples + earlier + conversation.messages[last:])


def _examples(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Those at the beginning that are examples: questions and their answers."""
    own = (i for i, message in enumerate(messages) if isinstance(message, UserMessage) and not message.example)
    return messages[: next(own, None)]


def with_tool_pictures(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages with the pictures that tools made in a user's message after their results, which are text only."""
    sent: list[Message] = []
    made: list[Part] = []
    for index, message in enumerate(messages):
        if isinstance(message, ToolMessage):
            made += message.result.images
            sent.append(ToolMessage(replace(message.result, images=())))
            if made and not isinstance(messages[index + 1] if index + 1 < len(messages) else None, ToolMessage):
                sent.append(UserMessage((*made, Text(MADE))))
                made = []
        else:
            sent.append(message)
    return tuple(sent)


def fenced(text: str, language: str = "") -> str:
    """The text as a fenced block of Markdown that nothing inside it can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def file_text(file: TextFile) -> str:
    """A file as a model reads it: its name, and its content between fences, so that it is plain where it ends."""
    return f"File: {' '.join(file.name.split())}\n{fenced(file.content)}"


def joined_texts(parts: Sequence[Part]) -> tuple[Text | Image, ...]:
    """The parts as a model reads them: files are texts, and texts that stand beside each other are one."""
    found: list[Text | Image] = []
    for each in parts:
        part, last = Text(file_text(each)) if isinstance(each, TextFile) else each, found[-1] if found else None
        if isinstance(part, Text) and isinstance(last, Text):
            found[-1] = Text(BETWEEN_TEXTS.join(filter(None, (last.text, part.text))))
        else:
            found.append(part)
    return tuple(found)


def _without_pictures(message: Message) -> Message:
    if not isinstance(message, UserMessage) or not message.images:
        return message
    found: list[TextFile | list[str]] = []  # of a text its pieces: each alone would copy it once more
    is_glued = False  # to the text that it is within
    for part in message.parts:
        is_mark = isinstance(part, Image) and bool(part.mark)
        if isinstance(part, TextFile):
            found.append(part)
        else:
            piece, last = part.text if isinstance(part, Text) else REMOVED, found[-1] if found else None
            if isinstance(last, list) and (is_mark or is_glued):
                last.append(piece)
            else:
                found.append([piece])
        is_glued = is_mark
    return replace(message, parts=tuple(Text("".join(part)) if isinstance(part, list) else part for part in found))
