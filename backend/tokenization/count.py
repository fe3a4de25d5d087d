"""What a message will cost before it is sent: exact token counts, from the tokenizer alone.

The same translation that builds the prompt is counted, with the pictures taken out and put back as numbers: their
tokens depend on their size only.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from mistral_common.exceptions import MistralCommonException
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from PIL import Image as PILImage

from backend.chat.messages import Conversation, Image
from backend.chat.request import ChatRequest
from backend.tokenization import tokenizer as wire


@dataclass(frozen=True)
class TokenCount:
    """Tokens of each part of a request. `pictures` are all pictures of it, `limit` is the model's context."""

    system_prompt: int
    tools: int
    history: int
    pictures: int
    text: int
    limit: int

    @property
    def total(self) -> int:
        """Tokens of the whole prompt."""
        return self.system_prompt + self.tools + self.history + self.pictures + self.text

    @property
    def room(self) -> int:
        """Tokens that remain for the answer; negative where the prompt does not fit."""
        return self.limit - self.total


class TokenCounter:
    """Counts with one tokenizer. Safe to use from several threads."""

    def __init__(self, tokenizer: wire.AnyTokenizer, limit: int) -> None:
        self._tokenizer = tokenizer
        self.limit = limit
        self.picture: Callable[[int, int], int] = lru_cache(4096)(self._picture)
        self._dot_tokens = self.picture(1, 1)

    def _picture(self, width: int, height: int) -> int:
        """Tokens of a picture of this size in pixels: a row of its cells each and a break after it."""
        encoder = self._tokenizer.instruct_tokenizer.image_encoder
        if encoder is None:
            return 0
        columns, rows = encoder._image_to_num_tokens(PILImage.new("1", (width, height)))
        return int(rows * (columns + 1))

    def cost(self, request: ChatRequest) -> TokenCount:
        """What the request takes; its last message is what would be sent. Raises RequestRejected."""
        pictures = sum(self.picture(image.width, image.height) for m in request.messages for image in wire.images_of(m))
        everything = self._count(request)
        system_prompt = everything - self._count(replace(request, system_prompt=""))
        tools = everything - self._count(replace(request, tools=()))
        last = Conversation(request.messages).last_user_index or 0
        alone = ChatRequest(messages=request.messages[last : last + 1])
        text = self._count(alone)
        history = everything - system_prompt - tools - text
        return TokenCount(system_prompt, tools, history, pictures, text, self.limit)

    def _count(self, request: ChatRequest) -> int:
        """Tokens without the pictures: each is put in as one of a single cell, whose tokens are taken off again."""
        messages = wire.messages(request, _dot)
        try:
            chat = ChatCompletionRequest(messages=messages, tools=wire.tools(request.tools) or None)
            tokens: list[int] = self._tokenizer.encode_chat_completion(chat).tokens
        except (MistralCommonException, ValueError) as error:
            raise wire.refused() from error
        return len(tokens) - self._dot_tokens * sum(len(wire.images_of(message)) for message in request.messages)


def _dot(_: Image) -> PILImage.Image:
    return PILImage.new("RGB", (1, 1))
