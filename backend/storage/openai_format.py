"""Conversations as the messages that OpenAI's chat API takes, and back. The format that everyone else reads.

https://platform.openai.com/docs/api-reference/chat/create
"""

import json
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel

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
        case UserMessage():
            if not message.images:
                return {"role": "user", "content": message.text}
            return {"role": "user", "content": [_part(part, address) for part in message.joined]}
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


class _Function(BaseModel):
    name: str
    arguments: str | dict[str, Any] | list[Any] | None = None


class _Call(BaseModel):
    id: str | int
    function: _Function


class _Address(BaseModel):
    url: str


class _Chunk(BaseModel):
    type: str
    text: str | None = None
    image_url: str | _Address | None = None


class _Entry(BaseModel):
    """A message as OpenAI's API has it; fields that are not listed here are passed over."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[_Chunk] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | int | None = None

    @property
    def text(self) -> str:
        """The text of the content, which is a text, a list of chunks, or nothing."""
        chunks = self.content if isinstance(self.content, list) else [_Chunk(type="text", text=self.content)]
        return "\n".join(chunk.text or "" for chunk in chunks if chunk.type == "text")


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
    for number, value in enumerate(entries, 1):
        try:
            entry = _Entry.model_validate(value)
            if entry.role in ("system", "developer"):
                system.append(entry.text)
            else:
                messages.append(_read(entry, take, ids))
        except ValueError as error:
            raise ConversationInvalid(f"Message {number} is not one that a chat can hold.") from error
    return "\n\n".join(system), Conversation(tuple(messages))


def _read(entry: _Entry, take: Callable[[str], Image], ids: dict[str, str]) -> Message:
    """One message, `ids` being our ids by those of the calls before it. Raises ValueError where it is none."""
    if entry.role == "user":
        if isinstance(entry.content, list):
            return UserMessage(tuple(_read_part(chunk, take) for chunk in entry.content))
        return UserMessage((Text(entry.content),) if entry.content is not None else ())
    if entry.role == "assistant":
        return AssistantMessage(entry.text, tuple(_read_call(call, ids) for call in entry.tool_calls or ()))
    if entry.tool_call_id is None or str(entry.tool_call_id) not in ids:
        raise ValueError("a result of no call")
    return ToolMessage(ToolResult(ids[str(entry.tool_call_id)], entry.text))


def _read_part(chunk: _Chunk, take: Callable[[str], Image]) -> Part:
    if chunk.type == "image_url" and chunk.image_url is not None:
        return take(chunk.image_url if isinstance(chunk.image_url, str) else chunk.image_url.url)
    if chunk.text is None:
        raise ValueError("neither a text nor a picture")
    return Text(chunk.text)


def _read_call(call: _Call, ids: dict[str, str]) -> ToolCall:
    ids[str(call.id)] = new_call_id()
    arguments = call.function.arguments or "{}"
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return ToolCall(ids[str(call.id)], call.function.name, text)
