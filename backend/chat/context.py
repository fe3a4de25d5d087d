"""What of a conversation is sent, where a person wants less of it to be: without earlier pictures, or one turn only."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from backend.chat.messages import BETWEEN_TEXTS, Conversation, Message, ToolMessage, UserMessage
from backend.chat.parts import Image, Part, Text

ContextPolicy = Literal["all", "no earlier pictures", "last turn"]
MADE = "This is the picture that the tool made."
REMOVED = "(a picture that is no longer shown)"


def apply_policy(conversation: Conversation, keep: ContextPolicy) -> Conversation:
    """The conversation as it is sent."""
    last = conversation.last_user_index
    if keep == "all" or last is None:
        return conversation
    if keep == "last turn":
        return Conversation(conversation.messages[last:])
    earlier = tuple(_without_pictures(message) for message in conversation.messages[:last])
    return Conversation(earlier + conversation.messages[last:])


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


def joined_texts(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts as a model reads them: texts that stand beside each other are one."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, Text) and isinstance(last, Text):
            found[-1] = Text(BETWEEN_TEXTS.join(filter(None, (last.text, part.text))))
        else:
            found.append(part)
    return tuple(found)


def _without_pictures(message: Message) -> Message:
    if not isinstance(message, UserMessage) or not message.images:
        return message
    return UserMessage(tuple(Text(REMOVED) if isinstance(part, Image) else part for part in message.parts))
