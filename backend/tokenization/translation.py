"""Our messages and tools -> mistral-common's: values in, values out. Knows no tokenizer and no file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from mistral_common.protocol.instruct import messages as mistral
from mistral_common.protocol.instruct.chunk import ContentChunk, ImageChunk, TextChunk, ThinkChunk
from mistral_common.protocol.instruct.tool_calls import Function, FunctionCall, Tool
from mistral_common.protocol.instruct.tool_calls import ToolCall as MistralToolCall
from PIL import Image as PILImage

from backend.chat.context import joined_texts
from backend.chat.messages import AssistantMessage, Message, ToolCall, ToolMessage, ToolSpec, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest, as_object
from backend.chat.thoughts import is_unfinished, marked, thoughts_as_sent


class PlacedImage(ImageChunk):
    """An image that stands where a person placed it: see library.py."""


@dataclass(frozen=True)
class Thoughts:
    """Where a tokenizer has thoughts of their own, between control tokens: in a system prompt, and in answers."""

    in_prompt: bool = False
    in_answers: bool = False


def messages(
    request: ChatRequest, pictures: Iterator[PILImage.Image], thoughts: Thoughts = Thoughts()
) -> list[mistral.ChatMessage]:
    """The system prompt, unless it is blank, and the messages; `pictures` are what stands for each picture."""
    read = thoughts_as_sent(request.messages, request.send_thoughts, request.continues)
    said = [*_system(request.system_prompt, thoughts), *(_message(each, pictures, thoughts) for each in read)]
    if request.continues and isinstance(said[-1], mistral.AssistantMessage):
        said[-1] = _to_go_on(said[-1], is_unfinished(read[-1]))
    return said


def _to_go_on(message: mistral.AssistantMessage, in_thought: bool) -> mistral.AssistantMessage:
    """The message without its end, so that the model goes on with it; within the thought that it ends with."""
    content = message.content
    if in_thought and isinstance(content, list):
        content = [chunk.model_copy(update={"closed": False}) for chunk in content]
    return message.model_copy(update={"prefix": True, "content": content})


def _system(prompt: str, thoughts: Thoughts) -> list[mistral.SystemMessage]:
    if not prompt.strip():
        return []
    pieces = list(marked(prompt))
    if not thoughts.in_prompt or not any(is_thought for _, is_thought in pieces):
        return [mistral.SystemMessage(content=prompt)]
    return [mistral.SystemMessage(content=[_chunk(text, is_thought) for text, is_thought in pieces])]


def _chunk(text: str, is_thought: bool) -> ContentChunk:
    return ThinkChunk(thinking=text) if is_thought else TextChunk(text=text)


def tools(specs: tuple[ToolSpec, ...]) -> list[Tool]:
    """The tools' descriptions and schemas."""
    return [
        Tool(function=Function(name=spec.name, description=spec.description, parameters=json.loads(spec.parameters)))
        for spec in specs
    ]


def _message(message: Message, pictures: Iterator[PILImage.Image], thoughts: Thoughts) -> mistral.ChatMessage:
    match message:
        case UserMessage(parts):
            return mistral.UserMessage(content=[*_chunks(joined_texts(parts), pictures)])
        case AssistantMessage(text, calls):
            content: str | list[ContentChunk] | None = text or None
            if thoughts.in_answers and message.thought:
                content = [_chunk(message.thought, True), *([_chunk(text, False)] if text else [])]
            return mistral.AssistantMessage(content=content, tool_calls=[_call(call) for call in calls] or None)
        case ToolMessage(result):
            return mistral.ToolMessage(content=result.output, tool_call_id=result.call_id)


def _call(call: ToolCall) -> MistralToolCall:
    return MistralToolCall(id=call.id, function=FunctionCall(name=call.name, arguments=as_object(call.arguments)))


def _chunks(parts: tuple[Text | Image, ...], pictures: Iterator[PILImage.Image]) -> Iterator[ContentChunk]:
    for part in parts:
        if isinstance(part, Text):
            yield TextChunk(text=part.text)
        else:
            yield (PlacedImage if part.mark else ImageChunk)(image=next(pictures))
