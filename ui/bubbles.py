"""Conversation -> what gr.Chatbot shows. Pure; the chatbot is never read back."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from backend.chat import (
    AssistantMessage,
    Conversation,
    Image,
    Message,
    Part,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)

Bubble = dict[str, Any]

LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": r"\[", "right": r"\]", "display": True},
    {"left": r"\(", "right": r"\)", "display": False},
    {"left": "$", "right": "$", "display": False},
]


def bubbles(conversation: Conversation) -> list[Bubble]:
    """The messages as dictionaries in the form that Gradio sends to the browser, ready made: nothing is converted."""
    return [bubble for _, bubble in _indexed(conversation)]


def message_index(conversation: Conversation, bubble: int) -> int:
    """The index of the message that the bubble at this index shows. Raises IndexError."""
    return [index for index, _ in _indexed(conversation)][bubble]


def stats_line(conversation: Conversation) -> str:
    """What the last answer took, in one line of HTML; empty where nothing is known."""
    answers = [m for m in conversation.turn if isinstance(m, AssistantMessage) and m.stats]
    stats = answers[-1].stats if answers else None
    if stats is None:
        return ""
    facts = [f"ended: {stats.reason.replace('_', ' ')}"]
    if usage := stats.usage:
        pictures = f" ({usage.image_tokens:,} for pictures)" if usage.image_tokens else ""
        facts += [f"{usage.prompt_tokens:,} tokens read{pictures}", f"{usage.new_tokens:,} written"]
        if usage.seconds_to_first_token is not None:
            facts.append(f"first token after {usage.seconds_to_first_token:.2f} s")
        if usage.tokens_per_second is not None:
            facts.append(f"{usage.tokens_per_second:.1f} tokens/s")
    return " · ".join(facts)


def _indexed(conversation: Conversation) -> Iterator[tuple[int, Bubble]]:
    results = {m.result.call_id: m.result for m in conversation.messages if isinstance(m, ToolMessage)}
    open_ids = {call.id for call in conversation.open_calls}
    for index, message in enumerate(conversation.messages):
        for bubble in _of_message(message, results, open_ids):
            yield index, bubble


def _of_message(message: Message, results: dict[str, ToolResult], open_ids: set[str]) -> Iterator[Bubble]:
    if isinstance(message, UserMessage):
        yield _bubble("user", [_content(part) for part in message.parts])
    elif isinstance(message, AssistantMessage):
        if message.text:
            yield _bubble("assistant", [_text(message.text)])
        for call in message.tool_calls:
            yield _call_bubble(call, results.get(call.id), call.id in open_ids)
        if message.note:
            yield _bubble("assistant", [_text(f'<span class="note">{html.escape(message.note)}</span>')])


def _call_bubble(call: ToolCall, result: ToolResult | None, is_open: bool) -> Bubble:
    state = "failed" if result and result.is_error else "done" if result else "waiting" if is_open else "not answered"
    metadata: Bubble = {"title": f"{call.name} · {state}", "id": call.id, "status": "pending" if is_open else "done"}
    if result and result.seconds is not None:
        metadata |= {"duration": round(result.seconds, 3)}
    body = "**Arguments**\n" + fenced(_pretty(call.arguments), "json")
    if result:
        body += f"\n\n**{'Error' if result.is_error else 'Result'}**\n" + fenced(result.output, "text")
    return _bubble("assistant", [_text(body)], metadata)


def fenced(text: str, language: str = "") -> str:
    """The text as a fenced block of Markdown that nothing inside it can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _pretty(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return arguments


def _content(part: Part) -> Bubble:
    if isinstance(part, Image):
        url = "/gradio_api/file=" + part.path
        return {"type": "file", "file": {"path": part.path, "url": url, "mime_type": "image/png"}, "alt_text": None}
    return _text(part.text)


def _text(text: str) -> Bubble:
    return {"type": "text", "text": text}


def _bubble(role: str, content: list[Bubble], metadata: Bubble | None = None) -> Bubble:
    return {"role": role, "content": content, "metadata": metadata, "options": None}


def edited_text(value: object) -> str:
    """The text of an edited bubble: Gradio gives a string, or the bubble's content as a list."""
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else [value]
    return "\n".join(part["text"] for part in parts if isinstance(part, dict) and part.get("type") == "text")
