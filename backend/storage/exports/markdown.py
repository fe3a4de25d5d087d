"""A conversation as Markdown, for people to read."""

import json
import re

from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
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
            pictures = [f"*[image, {image.width} × {image.height}]*" for image in message.images]
            return "\n\n".join(["## User", *pictures, *filter(None, [_written(message.text)])])
        case AssistantMessage(text, calls):
            thoughts = [_folded("Thought", message.thought)] if message.thought else []
            notes = [f"*{plain(message.note)}*"] if message.note else []
            return "\n\n".join(["## Assistant", *thoughts, *filter(None, [_written(text)]), *map(_call, calls), *notes])
        case ToolMessage(result):
            return f"**{_kind(result)}**\n\n{fenced(result.output)}"


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


def fenced(text: str, language: str = "") -> str:
    """The text as a fenced block of Markdown that nothing inside it can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def pretty(arguments: str) -> str:
    """JSON text, indented; other text as it is."""
    try:
        text = json.dumps(json.loads(arguments), ensure_ascii=False, indent=2)
        text.encode()  # an escaped half of a character would become one that cannot be sent
        return text
    except (ValueError, RecursionError):
        return arguments
