"""What a message will cost, roughly, where there is no tokenizer to count with. Imports none."""

from dataclasses import dataclass

from backend.chat.messages import Conversation
from backend.chat.request import ChatRequest, characters
from backend.tokenization.count import TokenCount

CHARACTERS = 4  # of a token, in languages of Europe
CELL, LONGEST_EDGE = 28, 1540  # pixels: two by two patches of 14, and what a larger picture is shrunk to


def picture_tokens(width: int, height: int) -> int:
    """Tokens of a picture of this size in pixels: a row of its cells each and a break after it.

    The same as mistral-common's for Mistral Small 3.1 and later (ImageEncoder._image_to_num_tokens), and, as in
    PlacingEncoder, four cells where one would do.
    """
    ratio = max(width, height) / LONGEST_EDGE
    if ratio > 1:
        width, height = max(1, round(width / ratio)), max(1, round(height / ratio))
    columns, rows = ((edge - 1) // CELL + 1 for edge in (width, height))
    return rows * (columns + 1) if columns * rows > 1 else 6


@dataclass(frozen=True)
class Estimate:
    """Says what a request will cost by its characters, and by the sizes of its pictures. See Counter."""

    limit: int | None
    is_exact: bool = False

    def picture(self, width: int, height: int) -> int:
        """Tokens of a picture of this size in pixels."""
        return picture_tokens(width, height)

    def cost(self, request: ChatRequest) -> TokenCount:
        """About what the request takes; its last message is what would be sent."""
        last = Conversation(request.messages).last_user_index or 0
        history = sum(map(characters, request.messages[:last] + request.messages[last + 1 :]))
        tools = sum(len(tool.name + tool.description + tool.parameters) for tool in request.tools)
        text = sum(map(characters, request.messages[last : last + 1]))
        pictures = sum(picture_tokens(image.width, image.height) for image in request.images)
        system_prompt = _tokens(len(request.system_prompt))
        counts = system_prompt, _tokens(tools), _tokens(history), pictures, _tokens(text)
        return TokenCount(*counts, self.limit, is_exact=False)


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS)
