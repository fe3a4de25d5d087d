"""What a call of a server's tool gave -> what the model and the person get of it. Pure."""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backend.tools.taking import shortened
from backend.tools.toolbox import MAX_OUTPUT, ToolOutput

if TYPE_CHECKING:
    from mcp.types import CallToolResult, ContentBlock, EmbeddedResource

MAX_PICTURES, MAX_PICTURE_BYTES = 4, 8_000_000  # of one result, all of its pictures together
NO_AUDIO = "[Audio was left out: this model cannot hear.]"
NOTHING = "The tool returned nothing."


@dataclass
class _Parts:
    texts: list[str] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    left_out: int = 0


def output_of(result: "CallToolResult") -> ToolOutput:
    """The texts one below the other, and the pictures as far as they may be taken; what is neither is told in words.

    Structured content counts where there is no text: a server repeats it there for those who read none.
    """
    parts = _Parts()
    for block in result.content:
        _take(parts, block)
    if result.structuredContent is not None and not any(text.strip() for text in parts.texts):
        parts.texts.append(json.dumps(result.structuredContent, ensure_ascii=False))
    if parts.left_out:
        parts.texts.append(f"[{parts.left_out} images were left out: there are too many, or they are too large.]")
    text = "\n\n".join(_bounded(parts.texts)) or ("" if parts.pictures else NOTHING)
    return ToolOutput(text, tuple(parts.pictures), bool(result.isError))


def _take(parts: _Parts, block: "ContentBlock") -> None:
    match block.type:
        case "text":
            parts.texts.append(block.text)
        case "image":
            _picture(parts, block.data)
        case "audio":
            parts.texts.append(NO_AUDIO)
        case "resource_link":
            about = [block.name, str(block.uri), block.description or ""]
            parts.texts.append(" · ".join(filter(None, about)))
        case "resource":
            _resource(parts, block)


def _resource(parts: _Parts, block: "EmbeddedResource") -> None:
    held, kind = block.resource, block.resource.mimeType or "an unknown type"
    text = getattr(held, "text", None)
    if text is not None:
        parts.texts.append(text)
    elif kind.startswith("image/"):
        _picture(parts, getattr(held, "blob", ""))
    elif kind.startswith("audio/"):
        parts.texts.append(NO_AUDIO)
    else:
        parts.texts.append(f"[A file of {shortened(kind, 60)} was left out: {shortened(str(held.uri), 200)}]")


def _picture(parts: _Parts, data: str) -> None:
    """Whether it is one is looked at where pictures are kept."""
    size = sum(map(len, parts.pictures)) + len(data) * 3 // 4
    if len(parts.pictures) == MAX_PICTURES or size > MAX_PICTURE_BYTES:
        parts.left_out += 1
        return
    try:
        parts.pictures.append(base64.b64decode(data))
    except (binascii.Error, ValueError):
        parts.left_out += 1


def _bounded(texts: list[str]) -> Iterator[str]:
    """As many as can be sent on, and one more, since the toolbox says how much there was."""
    length = 0
    for text in texts:
        yield text
        length += len(text)
        if length > MAX_OUTPUT:
            return
