"""An entry of another program's file -> who wrote it, and the pieces of it."""

import json
from collections.abc import Iterator
from typing import Literal

from backend.chat.parts import Text
from backend.storage.foreign.parts import (
    attached,
    base64_picture,
    call_of,
    content_pieces,
    id_of,
    output_pieces,
)
from backend.storage.foreign.pieces import (
    ENTRY,
    HIDDEN,
    SOUND,
    Call,
    Json,
    Left,
    Piece,
    Refusal,
    Result,
    Thought,
    first,
    named,
    text_of,
)
from backend.storage.foreign.thoughts import thoughts, without_thought

Role = Literal["system", "user", "assistant"]
Entry = tuple[Role, tuple[Piece, ...]]

_ROLES: dict[str, Role] = {
    **dict.fromkeys(("system", "developer", "systeminstruction"), "system"),
    **dict.fromkeys(("user", "human", "you"), "user"),
    **dict.fromkeys(("assistant", "ai", "gpt", "model", "bot", "chatgpt", "bing", "bard", "aimessage"), "assistant"),
    **dict.fromkeys(("humanmessage", "humanmessagechunk"), "user"),
    **dict.fromkeys(("aimessagechunk", "agent"), "assistant"),
    "systemmessage": "system",
}
_RESULTS = ("tool", "function", "observation", "tool_response", "function_response", "ipython", "toolmessage")
_CALLS = ("function_call", "tool_call")
_TEXTS = ("content", "contentChunks", "parts", "value", "text", "mes", "body")
_IGNORED = ("chat_metadata",)  # the head of a file of SillyTavern's


def role_of(value: Json) -> str:
    """The word for who wrote an entry, in lower case; empty where there is none."""
    author = value.get("author")
    if "is_user" in value or "isCreatedByUser" in value:
        return "user" if value.get("is_user") or value.get("isCreatedByUser") else "assistant"
    named = value.get("role") or value.get("from") or value.get("sender")
    named = named or (author.get("role") if isinstance(author, dict) else author)
    if not named and ("data" in value or "content" in value or "kwargs" in value):
        named = value.get("type")
    return text_of(named).lower()


def is_entry(value: object) -> bool:
    """Whether a value looks like an entry of a conversation."""
    if not isinstance(value, dict) or any(isinstance(value.get(name), list) for name in ("messages", "conversations")):
        return False
    role = role_of(value)
    return role in _ROLES or role in _RESULTS or role in _CALLS or text_of(value.get("type")) in _ITEMS


def read_entry(entry: object) -> Entry | None:
    """Who wrote it, and its pieces; None where it is no message and is not meant to be one."""
    if not isinstance(entry, dict):
        return "user", (Left(ENTRY, named(entry)),)
    value: Json = entry
    if any(name in value for name in _IGNORED):
        return None
    for name in ("data", "kwargs"):  # LangChain's
        if isinstance(value.get(name), dict) and "content" in value[name]:
            value = {"role": _langchain(value)} | value[name]
    kind, role = text_of(value.get("type")), role_of(value)
    if kind in _ITEMS and role not in _RESULTS:
        return _item(kind, value)
    if role in _RESULTS:
        return "assistant", (_result(value),)
    if role in _CALLS:
        return "assistant", (_as_call(value),)
    if role not in _ROLES:
        found = next((text_of(value.get(name)) for name in _TEXTS if value.get(name)), "")
        return "user", (Left(ENTRY, named(role)), *((Text(found),) if found else ()))
    return _ROLES[role], tuple(_pieces(value, _ROLES[role]))


def _langchain(value: Json) -> str:
    kind, id = text_of(value.get("type")), value.get("id")
    return kind if kind != "constructor" else text_of(id[-1]).lower() if isinstance(id, list) and id else ""


def _pieces(value: Json, role: Role) -> Iterator[Piece]:
    thought = thoughts(first(value, "reasoning_content", "reasoning", "thinking"))
    if thought and role == "assistant":
        yield Thought(thought)
    content = first(value, *_TEXTS)
    if content is None and isinstance(value.get("message"), str):
        content = value["message"]
    for piece in content_pieces(content):
        yield from without_thought(piece.text) if isinstance(piece, Text) and role == "assistant" else [piece]
    yield from _beside(value)


def _beside(value: Json) -> Iterator[Piece]:
    """What stands beside the content."""
    if refusal := text_of(value.get("refusal")):
        yield Refusal(refusal)
    if audio := value.get("audio"):
        yield Left(SOUND)
        if isinstance(audio, dict) and text_of(audio.get("transcript")):
            yield Text(audio["transcript"])
    for image in listed(value.get("images")):
        yield base64_picture(image)
    for name in ("files", "attachments", "extra"):
        for file in listed(value.get(name)):
            yield attached(file)
    calls = first(value, "tool_calls", "toolCalls")
    if isinstance(calls, str):  # as JSON text, in a database of llama.cpp's
        calls = parsed(calls)
    for call in listed(calls):
        yield call_of(call) if isinstance(call, dict) else Left(ENTRY)
    if isinstance(function := value.get("function_call"), dict):
        yield Call(None, function.get("name"), function.get("arguments"))


def listed(value: object) -> list[object]:
    """The list, or an empty one for any other value."""
    return value if isinstance(value, list) else []


def _result(value: Json) -> Piece:
    found = first(value, *_TEXTS, "output", "result")
    id = id_of(value, "tool_call_id", "toolCallId", "call_id")
    name = first(value, "name", "tool_name")
    failed = bool(first(value, "is_error", "isError")) or value.get("status") == "error"
    return Result(id, name, tuple(output_pieces(found)), failed)


def _as_call(value: Json) -> Piece:
    """A call as the text of a message, as data sets have it."""
    found = first(value, *_TEXTS)
    call = parsed(found) if isinstance(found, str) else found
    return call_of(call) if isinstance(call, dict) and "name" in call else Call(None, None, found)


def parsed(text: str) -> object:
    """The value of a JSON text, None where it is none, or has half of a character, which could not be shown."""
    try:
        found: object = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()
        return found
    except (ValueError, RecursionError):
        return None


# What OpenAI's Responses and Mistral's Conversations hold beside messages.
_ITEMS = {
    **dict.fromkeys(("message", "message.input", "message.output"), "message"),
    **dict.fromkeys(("function_call", "function.call", "custom_tool_call"), "call"),
    **dict.fromkeys(("function_call_output", "function.result", "custom_tool_call_output"), "result"),
    "reasoning": "reasoning",
    **dict.fromkeys(("web_search_call", "file_search_call", "code_interpreter_call", "computer_call"), "other"),
    **dict.fromkeys(("image_generation_call", "mcp_call", "local_shell_call", "tool.execution"), "other"),
    **dict.fromkeys(("item_reference", "computer_call_output", "mcp_list_tools"), "other"),
}


def _item(kind: str, value: Json) -> Entry:
    match _ITEMS[kind]:
        case "message":
            role = _ROLES.get(role_of(value), "user" if kind == "message.input" else "assistant")
            return role, tuple(_pieces(value, role))
        case "call":
            return "assistant", (call_of(value | {"id": id_of(value, "call_id", "tool_call_id", "id")}),)
        case "result":
            return "assistant", (_result(value),)
        case "reasoning":
            found = thoughts(first(value, "summary", "content"))
            hidden = (Left(HIDDEN),) if value.get("encrypted_content") else ()
            return "assistant", (Thought(found),) if found else hidden
    return "assistant", (Left(ENTRY, f"{kind} {named(value.get('name'))}".strip()),)
