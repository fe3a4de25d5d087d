"""Our messages and tools -> mistral-common's: values in, values out. Knows no tokenizer and no file."""

import json
from collections.abc import Iterator

from mistral_common.protocol.instruct import messages as mistral
from mistral_common.protocol.instruct.chunk import ContentChunk, ImageChunk, TextChunk
from mistral_common.protocol.instruct.tool_calls import Function, FunctionCall, Tool
from mistral_common.protocol.instruct.tool_calls import ToolCall as MistralToolCall
from PIL import Image as PILImage

from backend.chat.context import joined_texts
from backend.chat.messages import AssistantMessage, Message, ToolCall, ToolMessage, ToolSpec, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest, as_object


class PlacedImage(ImageChunk):
    """An image that stands where a person placed it: see library.py."""


def messages(request: ChatRequest, pictures: Iterator[PILImage.Image]) -> list[mistral.ChatMessage]:
    """The system prompt, unless it is blank, and the messages; `pictures` are what stands for each picture."""
    system = [mistral.SystemMessage(content=request.system_prompt)] if request.system_prompt.strip() else []
    said = [*system, *(_message(message, pictures) for message in request.messages)]
    if request.continues and isinstance(said[-1], mistral.AssistantMessage):
        said[-1] = said[-1].model_copy(update={"prefix": True})  # not ended, so that the model goes on with it
    return said


def tools(specs: tuple[ToolSpec, ...]) -> list[Tool]:
    """The tools' descriptions and schemas."""
    return [
        Tool(function=Function(name=spec.name, description=spec.description, parameters=json.loads(spec.parameters)))
        for spec in specs
    ]


def _message(message: Message, pictures: Iterator[PILImage.Image]) -> mistral.ChatMessage:
    match message:
        case UserMessage(parts):
            return mistral.UserMessage(content=[*_chunks(joined_texts(parts), pictures)])
        case AssistantMessage(text, calls):
            return mistral.AssistantMessage(content=text or None, tool_calls=[_call(call) for call in calls] or None)
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
