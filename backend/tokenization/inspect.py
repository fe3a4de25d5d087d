"""The prompt of an answer, piece by piece, as the model was sent it: for people to look at."""

from dataclasses import dataclass

from backend.chat.request import ChatRequest
from backend.tokenization.tokenizer import Tokenizer

LOOKED_AT = 40_000  # ids of a text


@dataclass(frozen=True)
class Piece:
    """A run of token ids: a control token, some text, or one whole picture (`image` is its number, from 0).

    `parts` is what each of the first ids adds to the text: people look no further.
    """

    text: str
    ids: tuple[int, ...]
    is_control: bool = False
    image: int | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inspection:
    """The prompt's pieces, and each picture's size in pixels (width, height) as the model received it.

    `note` is a sentence for the person who looks at it.
    """

    pieces: tuple[Piece, ...]
    images: tuple[tuple[int, int], ...]
    note: str = ""

    @property
    def tokens(self) -> int:
        """How many token ids the prompt has."""
        return sum(len(piece.ids) for piece in self.pieces)


def inspect(request: ChatRequest, tokenizer: Tokenizer) -> Inspection:
    """What the tokenizer makes of the request, cut into pieces. Raises RequestRejected."""
    prompt = tokenizer.encode(request)
    sizes = tuple((image.width, image.height) for image in prompt.images)
    return Inspection(tuple(_pieces(prompt.tokens, tokenizer)), sizes)


def _pieces(ids: list[int], tokenizer: Tokenizer) -> list[Piece]:
    tekken, control = tokenizer.tekken, tokenizer.control
    pieces: list[Piece] = []
    run: list[int] = []
    shown = 0

    def finish() -> None:
        if run:
            parts = tokenizer.parts(run[:LOOKED_AT])
            pieces.append(Piece(tokenizer.decode(run), tuple(run), parts=tuple(parts)))
            run.clear()

    at = 0
    while at < len(ids):
        if ids[at] in control.pictures:
            finish()
            end = ids.index(control.end_of_picture, at) + 1
            pieces.append(Piece(f"picture {shown + 1}", tuple(ids[at:end]), image=shown))
            at, shown = end, shown + 1
            continue
        if tekken.is_special(ids[at]):
            finish()
            pieces.append(Piece(tekken.id_to_piece(ids[at]), (ids[at],), is_control=True))
        else:
            run.append(ids[at])
        at += 1
    finish()
    return pieces
