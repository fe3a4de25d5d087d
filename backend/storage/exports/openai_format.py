"""Conversations as the messages that OpenAI's chat API takes, the format that everyone else reads.

https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Callable
from typing import Any, Literal

from backend.chat.context import joined_texts, with_tool_pictures
from backend.chat.messages import AssistantMessage, Conversation, Message, ToolCall, ToolMessage, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.thoughts import marked

Json = dict[str, Any]
THOUGHT = ("reasoning_content", "reasoning")


def to_openai(system_prompt: str, conversation: Conversation, address: Callable[[Image], str]) -> list[Json]:
    """The messages, each picture as an image_url with the address given for it (a data URL, for instance).

    A thought stands under both names that are used for one: https://docs.vllm.ai/en/latest/features/reasoning_outputs/
    """
    system = [{"role": "system", "content": system_prompt}] if system_prompt.strip() else []
    sent = with_tool_pictures(conversation.close_open_calls().messages)
    return [*system, *(_message(message, address) for message in sent)]


def with_thoughts(messages: list[Json], thoughts: Literal["fields", "parts", "never"]) -> list[Json]:
    """The messages with what the model thought in the words of a server, see Kind.

    A system prompt that shows how to think has a part for that too, where parts are spoken.
    """
    return [_thought_in_words(message, thoughts) for message in messages]


def _thought_in_words(message: Json, thoughts: Literal["fields", "parts", "never"]) -> Json:
    if thoughts == "parts" and message["role"] == "system":
        pieces = list(marked(message["content"]))
        if any(is_thought for _, is_thought in pieces):
            return {**message, "content": [_thought_part(*piece) for piece in pieces]}
    thought = message.get(THOUGHT[0])
    if thoughts == "fields" or not thought:
        return message
    plain = {name: value for name, value in message.items() if name not in THOUGHT}
    if thoughts == "never":
        return plain
    text = [_thought_part(plain["content"], False)] if plain["content"] else []
    return {**plain, "content": [_thought_part(thought, True), *text]}


def _thought_part(text: str, is_thought: bool) -> Json:
    part = {"type": "text", "text": text}
    return {"type": "thinking", "thinking": [part]} if is_thought else part


def _message(message: Message, address: Callable[[Image], str]) -> Json:
    match message:
        case UserMessage(parts):
            read = joined_texts(parts)
            if not message.images:
                return {"role": "user", "content": "".join(part.text for part in read if isinstance(part, Text))}
            return {"role": "user", "content": [_part(part, address) for part in read]}
        case AssistantMessage(text, calls):
            plain: Json = {"role": "assistant", "content": text}
            if message.thought:
                plain |= dict.fromkeys(THOUGHT, message.thought)
            return plain | ({"tool_calls": [_call(call) for call in calls]} if calls else {})
        case ToolMessage(result):
            return {"role": "tool", "tool_call_id": result.call_id, "content": result.output}


def _part(part: Text | Image, address: Callable[[Image], str]) -> Json:
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": address(part)}}
    return {"type": "text", "text": part.text}


def _call(call: ToolCall) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
