"""What of a conversation is sent, where a person wants less of it to be: without earlier pictures, or one turn only."""

from typing import Literal

from backend.chat import Conversation, Image, Message, Text, UserMessage

Keep = Literal["all", "no earlier pictures", "last turn"]
REMOVED = "(a picture that is no longer shown)"


def kept(conversation: Conversation, keep: Keep) -> Conversation:
    """The conversation as it is sent."""
    last = conversation.last_user_index
    if keep == "all" or last is None:
        return conversation
    if keep == "last turn":
        return Conversation(conversation.messages[last:])
    earlier = tuple(_without_pictures(message) for message in conversation.messages[:last])
    return Conversation(earlier + conversation.messages[last:])


def _without_pictures(message: Message) -> Message:
    if not isinstance(message, UserMessage) or not message.images:
        return message
    return UserMessage(tuple(Text(REMOVED) if isinstance(part, Image) else part for part in message.parts))
