"""A conversation as Markdown, for people to read."""

import html
import json
import re
from itertools import count

from backend.chat.context import fenced
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.parts import Image
from backend.storage.exports.markdown_ends import MAX_TEXT, closed, may_stay_open


def to_markdown(title: str, system_prompt: str, conversation: Conversation) -> str:
    """The shown branch, one heading for each message; pictures are named with their size."""
    parts = [f"# {plain(title)}"]
    if system_prompt.strip():
        parts.append(_folded("System prompt", system_prompt))
    return "\n\n".join([*parts, *(_message(message) for message in conversation.messages)]) + "\n"


def _message(message: Message) -> str:
    match message:
        case UserMessage():
            pictures = map(_picture, message.numbered_images, count(1))
            files = [_folded(html.escape(" ".join(file.name.split())), file.content) for file in message.files]
            return "\n\n".join(["## User", *pictures, *files, *filter(None, [_written(message.text)])])
        case AssistantMessage(text, calls):
            thoughts = [_folded("Thought", message.thought)] if message.thought else []
            notes = [f"*{plain(message.note)}*"] if message.note else []
            return "\n\n".join(["## Assistant", *thoughts, *filter(None, [_written(text)]), *map(_call, calls), *notes])
        case ToolMessage(result):
            return f"**{_kind(result)}**\n\n{fenced(result.output)}"


def _picture(image: Image, number: int) -> str:
    """One that a mark placed has the mark's number, which stands in the text."""
    label = f" {number}" if image.mark else ""
    named = f", {plain(image.label)}" if image.label else ""
    return f"*[image{label}{named}, {image.width} × {image.height}]*"


def _kind(result: ToolResult) -> str:
    if result.is_error:
        return "Denied" if result.denied else "Error"
    return "Result (canned)" if result.canned else "Result"


def _written(text: str) -> str:
    """A person's or a model's text, which is Markdown, such that it swallows nothing of what comes after it."""
    return fenced(text) if len(text) > MAX_TEXT and may_stay_open(text) else closed(text)


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{fenced(text)}\n\n</details>"


def _call(call: ToolCall) -> str:
    return f"**Call of {plain(call.name)}**\n\n{fenced(pretty(call.arguments), 'json')}"


def plain(text: str) -> str:
    """A line of text of which Markdown reads nothing as its own."""
    return re.sub(r"([\\`*_\[\]<>&#~|!])", r"\\\1", " ".join(text.split()))


def pretty(arguments: str) -> str:
    """JSON text, indented; other text as it is."""
    try:
        text = json.dumps(json.loads(arguments), ensure_ascii=False, indent=2)
        text.encode()  # an escaped half of a character would become one that cannot be sent
        return text
    except (ValueError, RecursionError):
        return arguments
