"""The files in a message box: what each is, and what of it goes with the message."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from backend.chat.errors import DocumentRefused, ImageRefused, InputRefused
from backend.chat.parts import Image, TextFile
from backend.documents.values import DocumentInfo, PageSize, pixels
from ui.attachments.choice import USUAL, Choice, Choices
from ui.attachments.readings import Readings, name_of, page_label
from ui.attachments.remembered import WAITS
from ui.texts import texts

AT_ONCE = 10  # pages that are chosen where nobody has chosen, and that come next
# In which the texts of pages are read: while a person writes, the rest at the next pause; and where they are sent. A
# page may take seconds, and a file of some kB can have a thousand of them.
PLAN_SECONDS, SEND_SECONDS = 5.0, 120.0
REFUSALS = (ImageRefused, DocumentRefused)


@dataclass(frozen=True)
class PictureFile:
    """An image, at the longest edge that was chosen for it."""

    path: str
    detail: int
    image: Image


@dataclass(frozen=True)
class WrittenFile:
    """A file of text, or an Office file as text."""

    path: str
    content: str


@dataclass(frozen=True)
class DocumentFile:
    """A PDF. `chosen` are pages that are to go; `going` those of them that go with this message, the others later."""

    path: str
    info: DocumentInfo
    choice: Choice
    chosen: tuple[int, ...] = ()
    going: tuple[int, ...] = ()

    @property
    def has_pictures(self) -> bool:
        """Whether its pages go as pictures, of which a message may have so many."""
        return self.choice.form != "text"

    @property
    def has_texts(self) -> bool:
        """Whether the texts of its pages go."""
        return self.choice.form != "picture"

    @property
    def pages(self) -> int:
        """How many there are to choose among."""
        return len(self.info.pages)

    def size(self, number: int) -> PageSize:
        """Of a page."""
        return self.info.pages[number - 1]

    @property
    def later(self) -> tuple[int, ...]:
        """Pages that may go with the next message: those that were chosen, else those that follow."""
        rest = tuple(number for number in self.chosen if number not in self.going)
        last = self.going[-1] if self.going else self.pages
        return rest or tuple(range(last + 1, min(last + AT_ONCE, self.pages) + 1))


@dataclass(frozen=True)
class WrongFile:
    """One that cannot be sent, and why; `waits`: it can, but nobody has had the time to look at it."""

    path: str
    problem: str
    waits: bool = False


BoxFile = PictureFile | WrittenFile | DocumentFile | WrongFile


@dataclass(frozen=True)
class BoxFiles:
    """Looks at the files of message boxes. `most` images go with one message."""

    readings: Readings
    most: int = 10
    now: Callable[[], float] = time.monotonic

    def look(self, paths: Sequence[str], choices: Choices) -> tuple[BoxFile, ...]:
        """What they are, in their order, each at its choice. No page is drawn for it."""
        return placed([self._look(path, choices.get(path, USUAL)) for path in paths], self.most)

    def _look(self, path: str, choice: Choice) -> BoxFile:
        try:
            info = self.readings.look(path)
            if info.kind == "picture":
                image = replace(self.readings.picture(path, choice.detail), label=choice.label)
                return PictureFile(path, choice.detail, image)
            if info.kind == "pdf":
                pages = tuple(number for number in choice.pages or () if number <= len(info.pages))
                return DocumentFile(path, info, choice, pages)
            return WrittenFile(path, self.readings.text(path))
        except WAITS as wait:
            return WrongFile(path, str(wait), waits=True)
        except REFUSALS as refusal:
            return WrongFile(path, str(refusal))

    def planned(self, files: Sequence[BoxFile]) -> tuple[tuple[Image, ...], tuple[TextFile, ...]]:
        """What would be sent of them: pages that were not drawn yet have their size, and no path."""
        return self._parts(files, is_drawn=False)

    def taken(self, files: Sequence[BoxFile]) -> tuple[tuple[Image, ...], tuple[TextFile, ...]]:
        """What is sent of them. Raises InputRefused where that is too much, ImageRefused and DocumentRefused."""
        wrong = [file for file in files if isinstance(file, WrongFile)]
        if wrong:
            error = ImageRefused if not all(file.waits for file in wrong) else WAITS[0]
            raise error(" ".join(dict.fromkeys(file.problem for file in wrong)))
        excess = sum(isinstance(file, PictureFile) for file in files) - self.most
        if excess > 0:
            raise InputRefused(texts.composer.too_many.format(most=self.most, excess=excess))
        return self._parts(files, is_drawn=True)

    def _parts(self, files: Sequence[BoxFile], is_drawn: bool) -> tuple[tuple[Image, ...], tuple[TextFile, ...]]:
        images, written = list[Image](), list[TextFile]()
        until = self.now() + (SEND_SECONDS if is_drawn else PLAN_SECONDS)
        for file in files:
            match file:
                case PictureFile():
                    images.append(file.image)
                case WrittenFile():
                    written.append(TextFile(name_of(file.path), file.content))
                case DocumentFile():
                    if file.has_pictures:
                        images += [self._page(file, number, is_drawn) for number in file.going]
                    if file.has_texts:
                        written += [self._page_text(file, number, is_drawn, until) for number in file.going]
        return tuple(images), tuple(written)

    def _page(self, file: DocumentFile, number: int, is_drawn: bool) -> Image:
        detail = file.choice.detail
        if is_drawn or self.readings.is_drawn(file.path, number, detail):
            return self.readings.page(file.path, number, detail)
        return Image("", *pixels(file.size(number), detail), label=page_label(number, file.path))

    def _page_text(self, file: DocumentFile, number: int, is_drawn: bool, until: float) -> TextFile:
        """Of a page that is damaged, or that there is no time for, there is none as long as it is not sent."""
        name = texts.documents.text_of.format(number=number, name=name_of(file.path))
        try:
            if not self.readings.page_text.known(file.path, number) and self.now() > until:
                raise DocumentRefused(texts.documents.pages_too_slow.format(name=name_of(file.path)))
            return TextFile(name, self.readings.page_text(file.path, number))
        except DocumentRefused:
            if is_drawn:
                raise
            return TextFile(name, "")

    def draw(self, files: Sequence[BoxFile]) -> Iterator[None]:
        """Draws the pages that are to go, one at each step, so that they are there when they are sent."""
        for path, number, detail in _drawn(files):
            with suppress(*REFUSALS):  # who sends it is told
                self.readings.page(path, number, detail)
            yield

    def is_drawn(self, files: Sequence[BoxFile]) -> bool:
        """Whether all of those are."""
        return all(self.readings.is_drawn(*page) for page in _drawn(files))


def _drawn(files: Sequence[BoxFile]) -> Iterator[tuple[str, int, int]]:
    """Of each page that goes as a picture the path, its number, and its longest edge."""
    for file in files:
        if isinstance(file, DocumentFile) and file.has_pictures:
            yield from ((file.path, number, file.choice.detail) for number in file.going)


def placed(files: Sequence[BoxFile], most: int) -> tuple[BoxFile, ...]:
    """The files with the pages that go: as many as the images beside them leave, those of the first document first."""
    room = max(0, most - sum(isinstance(file, PictureFile) for file in files))
    found = list[BoxFile]()
    for file in files:
        if isinstance(file, DocumentFile):
            chosen = file.chosen
            if file.choice.pages is None:
                count = AT_ONCE if not file.has_pictures else min(AT_ONCE, room)
                chosen = tuple(range(1, min(count, file.pages) + 1))
            going = chosen[:room] if file.has_pictures else chosen
            room -= len(going) if file.has_pictures else 0
            file = replace(file, chosen=chosen, going=going)
        found.append(file)
    return tuple(found)
