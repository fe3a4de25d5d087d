"""Our messages and tools -> mistral-common's. The one translation that both engines share; knows no model."""

import json
from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path
from typing import Any

import numpy as np
from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct import messages as mistral
from mistral_common.protocol.instruct.chunk import ContentChunk, ImageChunk, TextChunk
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.tool_calls import Function, FunctionCall, Tool
from mistral_common.protocol.instruct.tool_calls import ToolCall as MistralToolCall
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from PIL import Image as PILImage

from backend.chat import AssistantMessage, Image, Part, Text, ToolCall, ToolMessage, ToolSpec, UserMessage
from backend.engine import ChatRequest, RequestRejected

AnyTokenizer = MistralTokenizer[Any, Any, Any, Any, Any]


@dataclass(frozen=True)
class Prompt:
    """What the model reads: token ids, and each picture as float32 of shape (3, height, width), normalised."""

    tokens: list[int]
    images: list[np.ndarray]


def encode(request: ChatRequest, tokenizer: AnyTokenizer) -> Prompt:
    """The request as token ids and pictures, in the protocol of the tokenizer's version.

    Raises RequestRejected where the protocol does not allow it.
    """
    try:
        chat = ChatCompletionRequest(messages=messages(request), tools=tools(request.tools) or None)
        tokenized = tokenizer.encode_chat_completion(chat)
    except (MistralCommonException, ValueError, OSError) as error:
        raise RequestRejected(
            "The model's protocol does not take this conversation. Undo the last turn or clear it."
        ) from error
    return Prompt(tokenized.tokens, tokenized.images)


def messages(request: ChatRequest) -> list[mistral.ChatMessage]:
    """The system prompt, unless it is blank, and the messages."""
    system = [mistral.SystemMessage(content=request.system_prompt)] if request.system_prompt.strip() else []
    return [*system, *(_message(message) for message in request.messages)]


def tools(specs: tuple[ToolSpec, ...]) -> list[Tool]:
    """The tools' descriptions and schemas."""
    return [
        Tool(function=Function(name=spec.name, description=spec.description, parameters=json.loads(spec.parameters)))
        for spec in specs
    ]


@singledispatch
def _message(message: object) -> mistral.ChatMessage:
    raise TypeError(f"not a message: {type(message).__name__}")


@_message.register
def _user(message: UserMessage) -> mistral.ChatMessage:
    return mistral.UserMessage(content=[_chunk(part) for part in message.parts])


@_message.register
def _assistant(message: AssistantMessage) -> mistral.ChatMessage:
    calls = [_call(call) for call in message.tool_calls] or None
    return mistral.AssistantMessage(content=message.text or None, tool_calls=calls)


@_message.register
def _tool(message: ToolMessage) -> mistral.ChatMessage:
    result = message.result
    return mistral.ToolMessage(content=result.output, tool_call_id=result.call_id)


def _call(call: ToolCall) -> MistralToolCall:
    return MistralToolCall(id=call.id, function=FunctionCall(name=call.name, arguments=_object(call.arguments)))


def _object(arguments: str) -> str:
    """The arguments, or an empty object where they are none: every later protocol step takes objects only."""
    try:
        return arguments if isinstance(json.loads(arguments), dict) else "{}"
    except (ValueError, RecursionError):
        return "{}"


def _chunk(part: Part) -> ContentChunk:
    match part:
        case Text(text):
            return TextChunk(text=text)
        case Image(path):
            # Opened here, from our own store: mistral-common is never handed an address, since it would follow it.
            with PILImage.open(Path(path)) as image:
                return ImageChunk(image=image.convert("RGB"))
