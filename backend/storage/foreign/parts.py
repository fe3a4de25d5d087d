"""The content of a message -> pieces: of OpenAI's two APIs, Anthropic's, Google's, Mistral's, and of chat apps."""

import json
from collections.abc import Callable, Iterator

from backend.chat.parts import Image, Text, TextFile
from backend.storage.foreign.pieces import (
    FILE,
    HIDDEN,
    MAX_NESTED,
    OTHER,
    PICTURE,
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
from backend.storage.foreign.thoughts import thoughts


def content_pieces(content: object, depth: int = 0) -> Iterator[Piece]:
    """The pieces of a content: a text, a part, a list of either, or nothing."""
    if isinstance(content, list) and any(_kind(part) == "reference" for part in content):
        # Mistral's answers with sources: one text, cut where a source is named.
        whole = "".join(text_of(part.get("text")) for part in content if isinstance(part, dict))
        yield Text(whole)
    elif isinstance(content, list):
        for part in content:
            yield from content_pieces(part, depth + 1) if depth < MAX_NESTED else [Left(OTHER)]
    elif isinstance(content, str):
        yield Text(content)
    elif isinstance(content, dict):
        yield from _part(content, depth)
    elif content is not None:
        yield Left(OTHER)


def picture(address: object) -> Piece:
    """A picture, whose path is its data URL until it is taken in. Nothing is ever fetched."""
    found = text_of(address)
    if found.startswith("data:image/"):
        return Image(found, 0, 0)
    return Left(PICTURE, "" if found.startswith("data:") else named(found))


def base64_picture(data: object, kind: object = "") -> Piece:
    """A picture in base64, as a data URL; what has no kind is told by its content anyway."""
    if text_of(data).startswith("data:"):
        return picture(data)
    return picture(f"data:{text_of(kind) or 'image/png'};base64,{data}") if text_of(data) else Left(PICTURE)


def attached(file: object) -> Piece:
    """A file beside a message: a picture or a text, where its content is there."""
    if not isinstance(file, dict):
        return Left(FILE, named(file))
    kind = text_of(first(file, "mediaType", "media_type", "mimeType", "mime_type", "file_type", "type"))
    address = text_of(first(file, "url", "base64Url", "data", "file_data", "fileData"))
    name = named(first(file, "name", "filename", "file_name", "orig_name", "path", "file_id"))
    inside = text_of(first(file, "extracted_content", "content"))
    if address.startswith("data:image/"):
        return picture(address)
    if kind.startswith("image/") and address and "://" not in address:
        return base64_picture(address, kind)
    if inside:
        return TextFile(name, inside) if name else Text(inside)
    return Left(PICTURE if kind.startswith("image") else FILE, name)


def _kind(part: object) -> str:
    return text_of(first(part, "type", "content_type")) if isinstance(part, dict) else ""


def _part(part: Json, depth: int) -> Iterator[Piece]:
    kind = _kind(part)
    for kinds, read in _READERS:
        if kind in kinds:
            yield from read(part, depth)
            return
    if kind.startswith("tool-") or kind == "dynamic-tool":
        yield from _ui_tool(part, kind, depth)
    elif kind and kind not in ("text", "json") and "text" not in part:
        yield Left(OTHER, named(kind))
    else:
        yield from _untyped(part, depth)


def _text(part: Json, _: int) -> Iterator[Piece]:
    text = first(part, "text", "value", "content")
    yield Text(text_of(text["value"] if isinstance(text, dict) and "value" in text else text))


def _thought(part: Json, _: int) -> Iterator[Piece]:
    text = thoughts(first(part, "thinking", "think", "text", "summary", "content", "thoughts"))
    hidden = first(part, "encrypted_content", "data")
    if text or hidden:
        yield Thought(text) if text else Left(HIDDEN)


def _picture(part: Json, _: int) -> Iterator[Piece]:
    found = first(part, "image_url", "image", "source", "url", "data", "base64", "file_id", "fileIdentifier")
    if isinstance(found, dict):
        kind = first(found, "media_type", "mimeType", "mime_type")
        inner = first(found, "url", "data", "file_id")
        yield base64_picture(inner, kind) if "data" in found else picture(inner)
    elif "data" in part or ("image" in part and "://" not in text_of(found)):
        yield base64_picture(found, first(part, "media_type", "mimeType", "mediaType", "mime_type"))
    else:
        yield picture(found)


def _file(part: Json, _: int) -> Iterator[Piece]:
    inner = first(part, "file", "source", "document")
    if isinstance(inner, dict) and inner.get("type") == "text":
        yield Text(text_of(inner.get("data")))
    else:
        yield attached(part | inner if isinstance(inner, dict) else part)


def _call(part: Json, _: int) -> Iterator[Piece]:
    yield call_of(part)


def call_of(part: Json) -> Call:
    """A call, whatever its fields are called: also one within a field "function"."""
    inner = part.get("function")
    body = inner if isinstance(inner, dict) else part
    name = first(body, "name", "toolName", "tool_name")
    arguments = first(body, "arguments", "input", "args", "parameters")
    return Call(
        id_of(part, "id", "call_id", "tool_call_id", "toolCallId", "toolCallRequestId", "callId"), name, arguments
    )


_CALL_IDS = ("call_id", "tool_call_id", "toolCallId", "toolCallRequestId", "callId")


def id_of(value: Json, *names: str) -> str | None:
    """The first of these fields that holds an id: a text or a number."""
    found = (value.get(name) for name in names)
    return next((str(id) for id in found if isinstance(id, str | int) and id != ""), None)


def _result(part: Json, depth: int) -> Iterator[Piece]:
    found = first(part, "content", "output", "result", "response")
    if isinstance(found, dict) and found.get("type") in ("text", "json", "content", "error-text", "error-json"):
        found = found.get("value", found)
    id = id_of(part, "tool_use_id", *_CALL_IDS, "id")
    name = first(part, "name", "toolName", "tool_name")
    yield Result(id, name, tuple(output_pieces(found, depth + 1)), bool(first(part, "is_error", "isError")))


def output_pieces(found: object, depth: int = 0) -> Iterator[Piece]:
    """What a tool gave: a content, or any JSON, which is a text then."""
    pieces = list(content_pieces(found, depth))
    if isinstance(found, dict) and any(isinstance(piece, Left) for piece in pieces):
        pieces = [Text(as_json(found))]
    yield from pieces


def _skip(_: Json, __: int) -> Iterator[Piece]:
    yield from ()


def _sound(part: Json, _: int) -> Iterator[Piece]:
    yield Left(SOUND)
    if said := text_of(first(part, "transcript")):
        yield Text(said)


def _refusal(part: Json, _: int) -> Iterator[Piece]:
    yield Refusal(text_of(part.get("refusal")))


_READERS: tuple[tuple[tuple[str, ...], Callable[[Json, int], Iterator[Piece]]], ...] = (
    (("text", "input_text", "output_text", "summary_text", "audio_transcription"), _text),
    (("refusal",), _refusal),
    (("thinking", "reasoning", "thought", "think", "redacted_thinking", "reasoning_text"), _thought),
    (("image_url", "input_image", "image", "image_file", "image_asset_pointer"), _picture),
    (("input_audio", "audio", "audio_url", "audio_asset_pointer"), _sound),
    (("real_time_user_audio_video_asset_pointer", "video_url", "video"), _sound),
    (("file", "input_file", "document", "document_url", "resource"), _file),
    (("tool_use", "tool-call", "tool_call", "toolCallRequest", "server_tool_use"), _call),
    (("tool_result", "tool-result", "toolCallResult"), _result),
    (("step-start", "source-url", "debugInfoBlock", "toolStatus"), _skip),
)


def _ui_tool(part: Json, kind: str, depth: int) -> Iterator[Piece]:
    """A call and its result in one, as Vercel's AI SDK keeps them."""
    name, id = part.get("toolName") or kind.removeprefix("tool-"), id_of(part, "toolCallId")
    yield Call(id, name, part.get("input"))
    if first(part, "output", "errorText") is not None:
        output = output_pieces(first(part, "output", "errorText"), depth + 1)
        yield Result(id, name, tuple(output), "errorText" in part)


def _untyped(part: Json, depth: int) -> Iterator[Piece]:
    """A part of Google's or of Amazon's, which is told by its only field."""
    inner = first(part, "inlineData", "inline_data", "functionCall", "functionResponse", "toolUse", "toolResult")
    if isinstance(inner, dict) and first(part, "inlineData", "inline_data"):
        kind = text_of(first(inner, "mimeType", "mime_type"))
        yield base64_picture(inner.get("data"), kind) if kind.startswith("image/") else Left(SOUND)
    elif isinstance(inner, dict) and first(part, "functionCall", "toolUse"):
        yield Call(id_of(inner, "id", "toolUseId"), inner.get("name"), first(inner, "args", "input"))
    elif isinstance(inner, dict):
        output = output_pieces(first(inner, "response", "content"), depth + 1)
        yield Result(id_of(inner, "id", "toolUseId"), inner.get("name"), tuple(output))
    elif part.get("thought") is True:
        yield Thought(text_of(part.get("text")))
    elif "text" in part:
        yield from _text(part, depth)
    elif "path" in part or "file" in part or "fileData" in part:
        yield from _file(part, depth)
    elif "json" in part:
        yield Text(as_json(part["json"]))
    else:
        yield Left(OTHER, named(next(iter(part), "")))


def as_json(value: object) -> str:
    """A value of a file as JSON text."""
    return json.dumps(value, ensure_ascii=False)
