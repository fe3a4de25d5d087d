"""What a row of library_rows is: a conversation in OpenAI's form; and what it is in our types, and in the library's."""

import base64
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mistral_common.protocol.instruct.request import ChatCompletionRequest
from PIL import Image as PILImage

from backend.chat.messages import AssistantMessage, Message, ToolCall, ToolMessage, ToolResult, ToolSpec, UserMessage
from backend.chat.parts import Image, Part, Text
from backend.chat.request import ChatRequest

Json = dict[str, Any]
CELL = 28  # pixels of a picture's cell; in their tests 2
VERSIONS = ("v7", "v11", "v13")
ID, OTHER_ID = "123456789", "999999999"


@dataclass(frozen=True)
class Row:
    """A conversation and its tools; whether its last message is an answer to go on with; what versions allow it."""

    messages: list[Json]
    tools: tuple[Json, ...] = ()
    continues: bool = False
    versions: tuple[str, ...] = VERSIONS

    @property
    def answers(self) -> list[tuple[str, list[tuple[str, Json]]]]:
        """What each answer says, and its calls: names and arguments, which are none where they are no object."""
        return [
            (_said(message), [(name, json.loads(_object(arguments))) for _, name, arguments in _calls(message)])
            for message in self.messages
            if message["role"] == "assistant"
        ]


def system(content: str | list[Json]) -> Json:
    return {"role": "system", "content": content}


def user(content: str | list[Json]) -> Json:
    return {"role": "user", "content": content}


def assistant(content: str | list[Json] | None, *calls: Json) -> Json:
    return {"role": "assistant", "content": content} | ({"tool_calls": list(calls)} if calls else {})


def result(call_id: str, content: str | list[Json]) -> Json:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def call(name: str, arguments: str, call_id: str = ID) -> Json:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool(name: str, parameters: Json, description: str = "") -> Json:
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


def text(content: str) -> Json:
    return {"type": "text", "text": content}


def thought(content: str, closed: bool = True) -> Json:
    return {"type": "thinking", "thinking": content, "closed": closed}


def picture(colour: str, columns: int, rows: int) -> Json:
    """A picture of one colour, its size in cells."""
    buffer = io.BytesIO()
    PILImage.new("RGB", (columns * CELL, rows * CELL), colour).save(buffer, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def in_our_types(row: Row, folder: Path) -> ChatRequest:
    """The conversation in our types; its pictures are written to the folder."""
    first, *rest = row.messages
    prompt, said = (_said(first), rest) if first["role"] == "system" else ("", row.messages)
    functions = [tool["function"] for tool in row.tools]
    specs = tuple(ToolSpec(f["name"], f["description"], json.dumps(f["parameters"])) for f in functions)
    return ChatRequest(prompt, tuple(_message(message, folder) for message in said), specs, continues=row.continues)


def in_theirs(row: Row) -> ChatCompletionRequest[Any]:
    """The conversation as the library takes it, but for what we never send: thoughts, and arguments that are no object.

    Of an answer to go on with, their tests say `continue_final_message`; the library now sets the answer's `prefix`.
    """
    messages = [_as_sent(message) for message in row.messages]
    return ChatCompletionRequest.from_openai(messages, list(row.tools) or None, row.continues)


def _as_sent(message: Json) -> Json:
    sent = dict(message)
    if isinstance(message["content"], list):
        sent["content"] = [part for part in message["content"] if part["type"] != "thinking"]
    if "tool_calls" in message:
        sent["tool_calls"] = [call(name, _object(arguments), id) for id, name, arguments in _calls(message)]
    return sent


def _message(message: Json, folder: Path) -> Message:
    match message["role"]:
        case "user":
            return UserMessage(tuple(_part(part, folder) for part in _parts(message)))
        case "assistant":
            thoughts = "".join(part.get("thinking", "") for part in _parts(message))
            return AssistantMessage(
                _said(message), tuple(ToolCall(*made) for made in _calls(message)), thought=thoughts
            )
        case _:
            return ToolMessage(ToolResult(message["tool_call_id"], _said(message)))


def _part(part: Json, folder: Path) -> Part:
    if part["type"] == "text":
        return Text(part["text"])
    path = folder / f"{len(list(folder.iterdir()))}.png"
    path.write_bytes(base64.b64decode(part["image_url"]["url"].partition(",")[2]))
    with PILImage.open(path) as opened:
        return Image(str(path), *opened.size)


def _parts(message: Json) -> list[Json]:
    content = message["content"]
    return content if isinstance(content, list) else [text(content)] if content else []


def _said(message: Json) -> str:
    return "\n\n".join(part["text"] for part in _parts(message) if part["type"] == "text")


def _calls(message: Json) -> list[tuple[str, str, str]]:
    """The id, the name and the arguments of each call."""
    made = [(call["id"], call["function"]) for call in message.get("tool_calls", [])]
    return [(id, function["name"], function["arguments"]) for id, function in made]


def _object(arguments: str) -> str:
    return arguments if arguments.startswith('{"') else "{}"
