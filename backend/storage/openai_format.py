"""Conversations as the messages that OpenAI's chat API takes, and back. The format that everyone else reads.

https://platform.openai.com/docs/api-reference/chat/create
"""

import json
from collections.abc import Callable
from typing import Any

from backend.chat.context import with_tool_pictures
from backend.chat.errors import ConversationInvalid
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Image,
    Message,
    Part,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.request import new_call_id
from backend.storage.images import once_each

Json = dict[str, Any]


def to_openai(system_prompt: str, conversation: Conversation, address: Callable[[Image], str]) -> list[Json]:
    """The messages, each picture as an image_url with the address given for it (a data URL, for instance)."""
    system = [{"role": "system", "content": system_prompt}] if system_prompt.strip() else []
    sent = with_tool_pictures(conversation.without_thoughts().close_open_calls().messages)
    return [*system, *(_message(message, address) for message in sent)]


def _message(message: Message, address: Callable[[Image], str]) -> Json:
    match message:
        case UserMessage(parts):
            if not message.images:
                return {"role": "user", "content": message.text}
            return {"role": "user", "content": [_part(part, address) for part in parts]}
        case AssistantMessage(text, calls):
            plain: Json = {"role": "assistant", "content": text}
            return plain | ({"tool_calls": [_call(call) for call in calls]} if calls else {})
        case ToolMessage(result):
            return {"role": "tool", "tool_call_id": result.call_id, "content": result.output}


def _part(part: Part, address: Callable[[Image], str]) -> Json:
    if isinstance(part, Image):
        return {"type": "image_url", "image_url": {"url": address(part)}}
    return {"type": "text", "text": part.text}


def _call(call: ToolCall) -> Json:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def from_openai(value: object, take: Callable[[str], Image]) -> tuple[str, Conversation]:
    """(system prompt, conversation) of a list of messages, or of a request body that holds one under "messages".

    `take` turns a picture's URL into a picture of ours. Call ids are replaced, since others' may be of another form.
    Raises ConversationInvalid, what `take` raises, and ImageRefused for too many pictures.
    """
    entries = value.get("messages") if isinstance(value, dict) else value
    if not entries or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConversationInvalid("There are no messages in this file.")
    try:
        json.dumps(entries, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:  # half a character could be neither shown nor kept
        raise ConversationInvalid("The messages hold broken characters.") from error
    system, messages, ids = [], [], dict[str, str]()
    take = once_each(take)
    for number, entry in enumerate(entries, 1):
        try:
            if entry.get("role") in ("system", "developer"):
                system.append(_plain(entry.get("content")))
            else:
                messages.append(_read(entry, take, ids))
        except (KeyError, TypeError, AttributeError) as error:
            raise ConversationInvalid(f"Message {number} is not one that a chat can hold.") from error
    return "\n\n".join(system), Conversation(tuple(messages))


def _read(entry: Json, take: Callable[[str], Image], ids: dict[str, str]) -> Message:
    """One message; raises KeyError, TypeError or AttributeError where it is none."""
    content = entry.get("content")
    match entry["role"]:
        case "user":
            chunks = [{"type": "text", "text": content}] if isinstance(content, str) else content
            return UserMessage(tuple(_read_part(chunk, take) for chunk in chunks or []))
        case "assistant":
            calls = tuple(_read_call(call, ids) for call in entry.get("tool_calls") or [])
            return AssistantMessage(_plain(content), calls)
        case "tool":
            return ToolMessage(ToolResult(ids[entry["tool_call_id"]], _plain(content)))
        case role:
            raise KeyError(role)


def _read_part(chunk: Json, take: Callable[[str], Image]) -> Part:
    if chunk["type"] == "image_url":
        address = chunk["image_url"]
        return take(address["url"] if isinstance(address, dict) else str(address))
    return Text(_plain(chunk["text"]))


def _read_call(call: Json, ids: dict[str, str]) -> ToolCall:
    function = call["function"]
    arguments = function.get("arguments") or "{}"
    ids[call["id"]] = new_call_id()
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return ToolCall(ids[call["id"]], str(function["name"]), text)


def _plain(content: object) -> str:
    """The text of a content, which is a text, a list of chunks, or nothing."""
    if isinstance(content, list):
        return "\n".join(str(chunk["text"]) for chunk in content if chunk.get("type") == "text")
    return "" if content is None else str(content)
