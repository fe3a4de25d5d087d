"""Our messages and tools -> mistral-common's. The one translation that both engines share; knows no model."""

import json
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct import messages as mistral
from mistral_common.protocol.instruct.chunk import ContentChunk, ImageChunk, TextChunk
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.tool_calls import Function, FunctionCall, Tool
from mistral_common.protocol.instruct.tool_calls import ToolCall as MistralToolCall
from mistral_common.tokens.tokenizers.base import SpecialTokens
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from PIL import Image as PILImage

from backend.chat.errors import RequestRejected
from backend.chat.messages import (
    AssistantMessage,
    Image,
    Message,
    Part,
    Text,
    ToolCall,
    ToolMessage,
    ToolSpec,
    UserMessage,
)
from backend.chat.request import ChatRequest
from backend.tokenization.pictures import ModelPicture, PlacingEncoder, size_of

# Texts, and characters of one: with up to four ids a character, as for signs that the vocabulary lacks, some 80 MB.
REMEMBERED_TEXTS, LONGEST_REMEMBERED = 512, 8_000
AnyTokenizer = MistralTokenizer[Any, Any, Any, Any, Any]


@dataclass(frozen=True)
class Prompt:
    """What the model reads: token ids, and the pictures in their order; and whose it is, as in ChatRequest."""

    tokens: list[int]
    images: list[ModelPicture]
    conversation: str = ""


def load_tokenizer(file: Path) -> AnyTokenizer:
    """The tokenizer in a tekken.json. It leaves pixels alone until the model wants them, makes no text of prompts."""
    tokenizer: AnyTokenizer = MistralTokenizer.from_file(file)
    instruct = tokenizer.instruct_tokenizer
    if encoder := instruct.image_encoder:
        instruct.image_encoder = PlacingEncoder(encoder.image_config, encoder.special_ids)
    # mistral-common keeps each prompt as text too, two fifths of its work; nobody reads it, and later versions drop it.
    instruct.decode = lambda **_: ""  # type: ignore[method-assign]
    instruct.tokenizer.encode = _remembering(instruct.tokenizer.encode)  # type: ignore[method-assign]
    # Tools' schemas are checked within limits where they are read; here it could take minutes, and at every key.
    tokenizer._chat_completion_request_validator._validate_tools = lambda tools: None  # type: ignore[method-assign]
    return tokenizer


def _remembering(encode: Callable[..., list[int]]) -> Callable[..., list[int]]:
    """The same, but texts of earlier turns, which come again in every turn, are cut into tokens once."""

    @lru_cache(REMEMBERED_TEXTS)
    def remembered(text: str, bos: bool, eos: bool) -> "array[int]":
        return array("I", encode(text, bos, eos))

    def cut(s: str, bos: bool, eos: bool) -> list[int]:
        return remembered(s, bos, eos).tolist() if len(s) <= LONGEST_REMEMBERED else encode(s, bos, eos)

    return cut


def encode(request: ChatRequest, tokenizer: AnyTokenizer) -> Prompt:
    """The request as token ids and pictures, in the protocol of the tokenizer's version.

    Raises RequestRejected where the protocol does not allow it.
    """
    try:
        said = messages(request, lambda image: size_of(image.path))
        chat = ChatCompletionRequest(messages=said, tools=tools(request.tools) or None)
        tokenized = tokenizer.encode_chat_completion(chat)
        shapes = [image.shape for image in tokenized.images]
        files = [image.path for message in request.messages for image in images_of(message)]
        images = [ModelPicture.of(file, shape[2], shape[1]) for file, shape in zip(files, shapes, strict=True)]
    except (MistralCommonException, ValueError, OSError) as error:
        raise refused() from error
    return Prompt(tokenized.tokens, images, request.conversation)


def images_of(message: Message) -> tuple[Image, ...]:
    """The pictures of a message; the protocol takes them from the user alone."""
    return message.images if isinstance(message, UserMessage) else ()


@dataclass(frozen=True)
class ControlIds:
    """The ids that stand for pictures, the one that closes each, and the one that opens what a person says."""

    pictures: frozenset[int]
    end_of_picture: int
    instruction: int


def control_ids(tokenizer: AnyTokenizer) -> ControlIds:
    """Those of this tokenizer; none for pictures where it takes none."""
    instruct = tokenizer.instruct_tokenizer
    instruction = instruct.tokenizer.get_special_token(SpecialTokens.begin_inst.value)
    encoder = instruct.image_encoder
    if encoder is None:
        return ControlIds(frozenset(), -1, instruction)
    ids = encoder.special_ids
    return ControlIds(frozenset((ids.img, ids.img_break, ids.img_end)), ids.img_end, instruction)


def refused() -> RequestRejected:
    """What is raised where the protocol does not take a conversation."""
    return RequestRejected("The model's protocol does not take this conversation. Undo the last turn or clear it.")


def messages(request: ChatRequest, pixels: Callable[[Image], PILImage.Image]) -> list[mistral.ChatMessage]:
    """The system prompt, unless it is blank, and the messages; `pixels` gives what stands for a picture."""
    system = [mistral.SystemMessage(content=request.system_prompt)] if request.system_prompt.strip() else []
    said = [*system, *(_message(message, pixels) for message in request.messages)]
    if request.continues and isinstance(said[-1], mistral.AssistantMessage):
        said[-1] = said[-1].model_copy(update={"prefix": True})  # not ended, so that the model goes on with it
    return said


def tools(specs: tuple[ToolSpec, ...]) -> list[Tool]:
    """The tools' descriptions and schemas."""
    return [
        Tool(function=Function(name=spec.name, description=spec.description, parameters=json.loads(spec.parameters)))
        for spec in specs
    ]


def _message(message: Message, pixels: Callable[[Image], PILImage.Image]) -> mistral.ChatMessage:
    match message:
        case UserMessage(parts):
            return mistral.UserMessage(content=[_chunk(part, pixels) for part in parts])
        case AssistantMessage(text, calls):
            return mistral.AssistantMessage(content=text or None, tool_calls=[_call(call) for call in calls] or None)
        case ToolMessage(result):
            return mistral.ToolMessage(content=result.output, tool_call_id=result.call_id)


def _call(call: ToolCall) -> MistralToolCall:
    return MistralToolCall(id=call.id, function=FunctionCall(name=call.name, arguments=_object(call.arguments)))


def _object(arguments: str) -> str:
    """The arguments, or an empty object where they are none: every later protocol step takes objects only."""
    try:
        return arguments if isinstance(json.loads(arguments), dict) else "{}"
    except (ValueError, RecursionError):
        return "{}"


def _chunk(part: Part, pixels: Callable[[Image], PILImage.Image]) -> ContentChunk:
    return TextChunk(text=part.text) if isinstance(part, Text) else ImageChunk(image=pixels(part))
