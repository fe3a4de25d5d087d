"""A model's tokenizer: a request -> token ids, and ids -> text. The only place that asks mistral-common for either."""

import codecs
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import Any

from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct.request import ChatCompletionRequest, ReasoningEffort
from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy, SpecialTokens, TokenizerVersion
from PIL import Image as PILImage

from backend.chat.errors import PICTURE_GONE, RequestRejected
from backend.chat.request import ChatRequest, length
from backend.sandbox.caller import CALLER, CallersTurns
from backend.tokenization.library import UncuttableText, assembled
from backend.tokenization.pictures import ModelPicture, size_of
from backend.tokenization.translation import Thoughts, messages, tools

QUICK = 10_000  # characters that take some milliseconds
UNCUTTABLE = "The text repeats itself for too long to be read. Shorten its longest run of blanks."
REFUSED = "The model can't take messages in this order. Undo the last turn, or start a new chat."
NO_EFFORT = "This model's reasoning effort can be: {}."

SHAPE: dict[str, Any] = {  # of a tekken.json; the entries of its lists are objects
    "config": dict, "vocab": list, "special_tokens": list | None, "image": dict | None, "audio": dict | None,
}  # fmt: skip


class TokenizerBroken(Exception):
    """A tekken.json is damaged, or of a kind that mistral-common does not know."""


@dataclass(frozen=True)
class Prompt:
    """What the model reads: token ids, and the pictures in their order; its owner, as in ChatRequest, and for whom it
    was made: the address of a visitor, who may have many pages."""

    tokens: list[int]
    images: list[ModelPicture]
    owner: str = ""
    visitor: str = ""


@dataclass(frozen=True)
class ControlIds:
    """The ids that stand for pictures, the one that closes each, and those that open what a person says and the tools.

    Where the tokenizer takes no pictures, there are none for them and `end_of_picture` is -1; `tools`, where no tools.
    """

    pictures: frozenset[int]
    end_of_picture: int
    instruction: int
    tools: int


class Tokenizer:
    """The tokenizer in a tekken.json. Leaves the pixels of pictures alone. Safe to use from several threads.

    Of one visitor's long requests it translates one at a time: a million characters take seconds, half of them under
    the interpreter's lock, and eight at once would hold up everybody else.
    """

    def __init__(self, file: Path) -> None:
        """Raises TokenizerBroken where the file is damaged. An error that the file does not explain goes through."""
        try:
            self.mistral, self.tekken, self._encoder = assembled(file)
            instruction = self.tekken.get_special_token(SpecialTokens.begin_inst.value)
        except (MistralCommonException, ValueError, KeyError, AssertionError, OSError) as error:
            raise TokenizerBroken(f"{file.name}: {error}") from error
        except (TypeError, AttributeError) as error:
            if _has_shape(file):
                raise
            raise TokenizerBroken(f"{file.name} holds something else") from error
        ids = self._encoder.special_ids if self._encoder else None
        self.control = ControlIds(
            frozenset((ids.img, ids.img_break, ids.img_end) if ids else ()),
            ids.img_end if ids else -1,
            instruction,
            -1 if (tools := self.special_id(SpecialTokens.begin_tools)) is None else tools,
        )
        thinks = self.thinks
        self._thoughts = Thoughts(thinks and self.tekken.version < TokenizerVersion.v15, thinks)
        self._turns = CallersTurns()
        self.count_picture = lru_cache(4096)(self._count_picture)

    def special_id(self, token: SpecialTokens) -> int | None:
        """The id of a special token, or None where this tokenizer has none of that name."""
        return self.tekken.get_special_token(token.value) if self.tekken.is_special(token.value) else None

    @property
    def thinks(self) -> bool:
        """Whether its models can think before they answer, between control tokens."""
        marks = (SpecialTokens.begin_think, SpecialTokens.end_think)
        return self.tekken.version >= TokenizerVersion.v13 and all(self.special_id(mark) is not None for mark in marks)

    @property
    def efforts(self) -> tuple[str, ...]:
        """How much its models can be told to think; none where they cannot be told."""
        builder = self.tekken.model_settings_builder
        return tuple(builder.reasoning_effort.values) if builder and builder.reasoning_effort else ()

    def encode(self, request: ChatRequest) -> Prompt:
        """The request as token ids and pictures. Raises RequestRejected where the protocol does not allow it."""
        try:
            files = [image.path for image in request.images]
            tokens, shapes = self._encoded(request, map(size_of, files))
            images = [ModelPicture.of(file, shape[2], shape[1]) for file, shape in zip(files, shapes, strict=True)]
        except OSError as error:
            raise RequestRejected(PICTURE_GONE) from error
        return Prompt(tokens, images, request.owner, CALLER.get())

    def count(self, request: ChatRequest) -> int:
        """How many tokens the request takes without those of its pictures, whose files are not opened.

        Each stands in the prompt as the smallest there is, whose tokens are taken off again. Raises RequestRejected.
        """
        tokens, shapes = self._encoded(request, repeat(PILImage.new("1", (1, 1))))
        return len(tokens) - len(shapes) * self.count_picture(1, 1)

    def text_ids(self, text: str) -> list[int]:
        """The ids of a text, in which no control token can be written. Raises RequestRejected."""
        try:
            return self.tekken.encode(text, bos=False, eos=False)
        except UncuttableText as error:
            raise RequestRejected(UNCUTTABLE) from error

    def decode(self, ids: Sequence[int]) -> str:
        """The text that ids stand for, without control tokens."""
        return self.tekken.decode(list(ids), SpecialTokenPolicy.IGNORE)

    def parts(self, ids: Sequence[int]) -> list[str]:
        """What each id adds to the text that they stand for; nothing until the character that it is of is whole."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        parts = [decoder.decode(self.tekken.id_to_byte_piece(id_)) for id_ in ids]
        if (rest := decoder.decode(b"", True)) and parts:
            parts[-1] += rest
        return parts

    def _encoded(
        self, request: ChatRequest, pictures: Iterator[PILImage.Image]
    ) -> tuple[list[int], list[tuple[int, ...]]]:
        """(ids, the shape (3, height, width) of each picture's pixels); `pictures` are stand-ins of their sizes."""
        try:
            with self._turn(request):
                chat = ChatCompletionRequest(
                    messages=messages(request, pictures, self._thoughts),
                    tools=tools(request.tools) or None,
                    reasoning_effort=self._effort(request),
                )
                tokenized = self.mistral.encode_chat_completion(chat)
        except UncuttableText as error:
            raise RequestRejected(UNCUTTABLE) from error
        except (MistralCommonException, ValueError) as error:
            raise RequestRejected(REFUSED) from error
        return tokenized.tokens, [pixels.shape for pixels in tokenized.images]

    def _effort(self, request: ChatRequest) -> ReasoningEffort | None:
        """What was asked for, of a model that can be told. Raises RequestRejected where it knows no such effort."""
        efforts = self.efforts
        if not efforts or not request.reasoning_effort:
            return None
        if request.reasoning_effort not in efforts:
            raise RequestRejected(NO_EFFORT.format(", ".join(efforts)))
        return ReasoningEffort(request.reasoning_effort)

    def _turn(self, request: ChatRequest) -> AbstractContextManager[object]:
        caller = CALLER.get()
        return self._turns.of(caller, 1) if caller and length(request) > QUICK else nullcontext()

    def _count_picture(self, width: int, height: int) -> int:
        """Tokens of a picture of this size in pixels: a row of its cells each and a break after it."""
        if self._encoder is None:
            return 0
        columns, rows = self._encoder.cells(PILImage.new("1", (width, height)))
        return rows * (columns + 1)


def _has_shape(file: Path) -> bool:
    """Whether a file holds JSON of the shape of a tokenizer's, so far as the library looks into it."""
    data = json.loads(file.read_text("utf-8"))
    return isinstance(data, dict) and all(
        isinstance(value := data.get(name), kind)
        and (not isinstance(value, list) or all(isinstance(entry, dict) for entry in value))
        for name, kind in SHAPE.items()
    )
