"""What the strip tells of the files in the message box: each with what it costs, and its images with their numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from backend.chat.errors import UserError
from backend.chat.messages import UserMessage
from backend.chat.parts import Image, TextFile
from backend.chat.request import ChatRequest
from backend.documents.values import pixels
from backend.tokenization.count import Counter, TokenCount
from ui.attachments.box_files import BoxFile, DocumentFile, PictureFile, WrittenFile, WrongFile
from ui.attachments.choice import Choice
from ui.attachments.readings import name_of
from ui.attachments.remembered import Remembered

REMEMBERED, EACH = 10_000_000, 500  # characters of texts whose count is, and what each takes beside its own


@dataclass(frozen=True)
class Price:
    """Tokens; 0: nobody knows. `is_exact`: they were counted."""

    tokens: int = 0
    is_exact: bool = True


@dataclass(frozen=True)
class PictureCard:
    """An image that goes as image `number` of the message."""

    path: str
    detail: int
    image: Image
    number: int
    price: Price = Price()


@dataclass(frozen=True)
class WrittenCard:
    """A text of so many characters. `is_too_long`: the model's context holds less."""

    path: str
    name: str
    length: int
    price: Price = Price()
    is_too_long: bool = False


@dataclass(frozen=True)
class PageCard:
    """A page, by its number in the document. `image` is its number among the message's, 0 where it goes as none."""

    number: int
    price: Price
    is_chosen: bool = False
    image: int = 0


@dataclass(frozen=True)
class DocumentCard:
    """A PDF with its pages; see DocumentFile."""

    path: str
    name: str
    count: int
    choice: Choice
    chosen: tuple[int, ...]
    going: tuple[int, ...]
    pages: tuple[PageCard, ...]
    texts: Price = Price()  # of the pages that go


Card = PictureCard | WrittenCard | DocumentCard | WrongFile


@dataclass(frozen=True)
class Pricing:
    """Says what files cost. Safe to use from several threads."""

    _counted: Remembered[TokenCount] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_counted", Remembered(_count, REMEMBERED, _length, EACH))

    def cards(self, files: Sequence[BoxFile], texts: Sequence[TextFile], counter: Counter | None) -> tuple[Card, ...]:
        """Of these files, of which those texts go, by whoever counts; of pages those that the strip shows."""
        images, written = count(1), iter(texts)
        return tuple(self._card(file, images, written, counter) for file in files)

    def _card(self, file: BoxFile, images: Iterator[int], written: Iterator[TextFile], counter: Counter | None) -> Card:
        match file:
            case PictureFile(path, detail, image):
                return PictureCard(path, detail, image, next(images), _picture(counter, (image.width, image.height)))
            case WrittenFile(path, content):
                price, limit = self._text(next(written), counter)
                is_too_long = limit is not None and price.tokens >= limit
                return WrittenCard(path, name_of(path), len(content), price, is_too_long)
            case DocumentFile():
                return self._document(file, images, written, counter)
        return file

    def _document(
        self, file: DocumentFile, images: Iterator[int], written: Iterator[TextFile], counter: Counter | None
    ) -> DocumentCard:
        numbers = {number: next(images) for number in file.going} if file.has_pictures else {}
        layers = [self._text(next(written), counter)[0] for _ in file.going] if file.has_texts else []
        pages = tuple(
            PageCard(
                number,
                _picture(counter if file.has_pictures else None, pixels(file.size(number), file.choice.detail)),
                number in file.chosen,
                numbers.get(number, 0),
            )
            for number in range(1, file.pages + 1)
        )
        total = Price(sum(price.tokens for price in layers), all(price.is_exact for price in layers))
        chosen, going = file.chosen, file.going
        return DocumentCard(file.path, name_of(file.path), file.info.count, file.choice, chosen, going, pages, total)

    def _text(self, text: TextFile, counter: Counter | None) -> tuple[Price, int | None]:
        """What it costs, and the context of the model, where somebody knows."""
        if counter is None:
            return Price(), None
        try:
            found = self._counted(text, _Alike(counter))
        except UserError:
            return Price(0, counter.is_exact), None
        return Price(found.text, found.is_exact), found.limit


class _Alike:
    """A counter that is as good as another with the same limit: of one model there are many."""

    def __init__(self, counter: Counter) -> None:
        self.counter = counter
        self._key = (type(counter), counter.is_exact, getattr(counter, "limit", None))

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Alike) and self._key == other._key


def _count(text: TextFile, asks: _Alike) -> TokenCount:
    return asks.counter.cost(ChatRequest(messages=(UserMessage((text,)),)))


def _length(_: TokenCount | None, text: TextFile, *__: _Alike) -> int:
    return len(text.content)


def _picture(counter: Counter | None, size: tuple[int, int]) -> Price:
    return Price(counter.picture(*size), counter.is_exact) if counter else Price()
