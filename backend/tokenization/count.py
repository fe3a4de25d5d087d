"""What a message will cost before it is sent: exact token counts, from the tokenizer alone. Imports none by itself.

The same translation that builds the prompt is counted, with the pictures taken out and put back as numbers: their
tokens depend on their size only.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from backend.chat.messages import Conversation
from backend.chat.request import ChatRequest
from backend.chat.thoughts import thoughts_as_sent

if TYPE_CHECKING:
    from backend.tokenization.tokenizer import Tokenizer  # at run time it would bring mistral-common


@dataclass(frozen=True)
class TokenCount:
    """Tokens of each part of a request. `pictures` are all pictures of it, `thoughts` what of the history the model
    thought; `is_exact` says whether they were counted.

    `limit` is the model's context; None where nobody tells it.
    """

    system_prompt: int
    tools: int
    history: int
    pictures: int
    text: int
    limit: int | None
    is_exact: bool = True
    thoughts: int = 0

    @property
    def total(self) -> int:
        """Tokens of the whole prompt."""
        return self.system_prompt + self.tools + self.history + self.thoughts + self.pictures + self.text

    @property
    def room(self) -> int | None:
        """Tokens that remain for the answer; negative where the prompt does not fit, None where nobody knows."""
        return None if self.limit is None else self.limit - self.total


class Counter(Protocol):
    """Whoever says what a request will cost. Any number of threads may ask at once."""

    @property
    def is_exact(self) -> bool:
        """Whether it has the model's tokenizer."""

    def picture(self, width: int, height: int) -> int:
        """Tokens of a picture of this size in pixels."""

    def cost(self, request: ChatRequest) -> TokenCount:
        """What the request takes; its last message is what would be sent. Raises RequestRejected."""


class TokenCounter:
    """Counts with one tokenizer, for a model with this context, where it is known."""

    is_exact = True

    def __init__(self, tokenizer: "Tokenizer", limit: int | None) -> None:
        self._tokenizer = tokenizer
        self.limit = limit

    def picture(self, width: int, height: int) -> int:
        """Tokens of a picture of this size in pixels."""
        return self._tokenizer.count_picture(width, height)

    def ids(self, request: ChatRequest) -> list[int]:
        """The whole prompt, with the ids that stand for pictures. Raises RequestRejected."""
        return self._tokenizer.encode(request).tokens

    def text_ids(self, text: str, is_begun: bool = True) -> list[int]:
        """The ids of a text alone, after the one that a prompt begins with unless it is not begun."""
        return [*([self._tokenizer.tekken.bos_id] if is_begun else ()), *self._tokenizer.text_ids(text)]

    def cost(self, request: ChatRequest) -> TokenCount:
        """What the request takes; its last message is what would be sent. Raises RequestRejected."""
        count = self._tokenizer.count
        pictures = sum(self.picture(image.width, image.height) for image in request.images)
        everything = count(request)
        # What is not there is not counted: each count cuts the whole anew, and this is asked at every key.
        system_prompt = everything - count(replace(request, system_prompt="")) if request.system_prompt else 0
        tools = everything - count(replace(request, tools=())) if request.tools else 0
        last = Conversation(request.messages).last_user_index or 0
        text = count(ChatRequest(messages=request.messages[last : last + 1]))
        plain = replace(request, messages=thoughts_as_sent(request.messages, send=False))
        thoughts = everything - count(plain) if plain.messages != request.messages else 0
        history = everything - system_prompt - tools - text - thoughts
        return TokenCount(system_prompt, tools, history, pictures, text, self.limit, thoughts=thoughts)

    @property
    def efforts(self) -> tuple[str, ...]:
        """See Tokenizer."""
        return self._tokenizer.efforts
