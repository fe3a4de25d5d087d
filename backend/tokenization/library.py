"""mistral-common's tokenizer for a tekken.json, put together as its MistralTokenizer.from_file does (1.13.1), but with
parts of ours that extend the library's classes."""

from array import array
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from mistral_common.exceptions import TokenizerException
from mistral_common.protocol.instruct.chunk import ContentChunk
from mistral_common.protocol.instruct.normalize import get_normalizer
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import MistralRequestValidator, ValidationMode, get_validator
from mistral_common.tokens.tokenizers import instruct
from mistral_common.tokens.tokenizers.base import TokenizerVersion
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer, load_image_encoder
from mistral_common.tokens.tokenizers.tekken import Tekkenizer

from backend.tokenization.pictures import PlacingEncoder
from backend.tokenization.translation import PlacedImage

# Texts, and characters of one: with up to four ids a character, as for signs that the vocabulary lacks, some 80 MB.
REMEMBERED_TEXTS, LONGEST_REMEMBERED = 512, 8_000
AnyTokenizer = MistralTokenizer[Any, Any, Any, Any, Any]


class UncuttableText(ValueError):
    """A text that cannot be cut into tokens, since the same goes on in it for too long."""


class RememberingTekkenizer(Tekkenizer):
    """Cuts a text into tokens once: those of earlier turns come again in every turn."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._remembered = lru_cache(REMEMBERED_TEXTS)(self._packed)

    @cached_property
    def num_special_tokens(self) -> int:  # which the library counts anew for each token
        """See Tekkenizer."""
        return super().num_special_tokens

    def encode(self, s: str, bos: bool, eos: bool) -> list[int]:
        """The ids of a text, in a list that is the caller's own."""
        return self._remembered(s, bos, eos).tolist() if len(s) <= LONGEST_REMEMBERED else self._cut(s, bos, eos)

    def _packed(self, text: str, bos: bool, eos: bool) -> "array[int]":
        return array("I", self._cut(text, bos, eos))

    def _cut(self, text: str, bos: bool, eos: bool) -> list[int]:
        """What the library's own method gives, which holds all other threads up for each token by itself."""
        try:
            ids: list[int] = (self._model.encode_to_numpy(text) + self.num_special_tokens).tolist()
        except UnicodeEncodeError:  # half of a character, for which the library has another that stands for it
            return super().encode(text, bos, eos)
        except ValueError as error:  # its regular expression gave up: a million blanks, for example
            raise UncuttableText from error
        return [*([self.bos_id] if bos else ()), *ids, *([self.eos_id] if eos else ())] if bos or eos else ids


class MessageValidator(MistralRequestValidator[Any, Any, Any, Any]):
    """The version's own validator, for all but the tools' schemas.

    Those are checked within limits where they are read; here it could take minutes, and at every key.
    """

    def __init__(self, version: TokenizerVersion) -> None:
        super().__init__(ValidationMode.test)
        self._whole = get_validator(version, ValidationMode.test)

    def validate_request(self, request: ChatCompletionRequest[Any]) -> ChatCompletionRequest[Any]:
        """The request itself. Raises MistralCommonException."""
        self._whole.validate_request(request.model_copy(update={"tools": None}))
        return request


class _Ours:
    """What the library's classes do otherwise here."""

    def decode(self, *_: object, **__: object) -> str:
        """Nothing: they keep each prompt as text too, two fifths of their work, and nobody reads it."""
        return ""

    def _maybe_put_image_first(self, content: list[ContentChunk]) -> list[ContentChunk]:
        """The library puts a message's only image before its text. It stays where a person has placed it."""
        if content and isinstance(content[-1], PlacedImage):
            return content
        put: list[ContentChunk] = super()._maybe_put_image_first(content)  # type: ignore[misc]
        return put


# The versions that a tekken.json can have, each with the library's class for it.
_INSTRUCT: dict[TokenizerVersion, Any] = {
    version: type(kind.__name__, (_Ours, kind), {})
    for version, kind in (
        (TokenizerVersion.v3, instruct.InstructTokenizerV3),
        (TokenizerVersion.v7, instruct.InstructTokenizerV7),
        (TokenizerVersion.v11, instruct.InstructTokenizerV11),
        (TokenizerVersion.v13, instruct.InstructTokenizerV13),
        (TokenizerVersion.v15, instruct.InstructTokenizerV15),
    )
}


def assembled(file: Path) -> tuple[AnyTokenizer, Tekkenizer, PlacingEncoder | None]:
    """The tokenizer in a tekken.json, and of its parts the one for text and the one for pictures, if it takes any.

    Raises what the library does: TokenizerException, ValueError, KeyError, AssertionError and OSError where the file is
    damaged or of an unknown version; TypeError and AttributeError too where it holds JSON of another shape.
    """
    tekken = RememberingTekkenizer.from_file(file)
    kind = _INSTRUCT.get(tekken.version)
    if kind is None:
        raise TokenizerException(f"no tekken.json has version {tekken.version.value}")
    encoder = None
    if tekken.image:
        encoder = PlacingEncoder(tekken.image, load_image_encoder(tekken.image, tekken).special_ids)
    normalizer = get_normalizer(tekken.version, tekken.model_settings_builder)
    whole: AnyTokenizer = MistralTokenizer(kind(tekken, encoder), MessageValidator(tekken.version), normalizer)
    return whole, tekken, encoder
