"""Images within what is typed: a mark `[n]` stands where image n of the message is to be seen. Pure.

A message's images have the numbers 1, 2, … in the order in which they were attached, wherever they stand in it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from backend.chat.parts import BETWEEN_TEXTS, Image, Part, Text, TextFile

if TYPE_CHECKING:
    from backend.chat.messages import UserMessage  # which is made of these

MARK = re.compile(r"\[([1-9][0-9]{0,3})\]")


def composed(text: str, images: Sequence[Image] = (), files: Sequence[TextFile] = ()) -> tuple[Part, ...]:
    """The parts of a message, in the order in which a model sees them.

    The first mark of a number places that image; any other mark is a text. Images that no mark names come first, then
    the files, then the text, to which nothing is added where an image splits it. A blank text is none.
    """
    pieces: list[Part] = []
    placed, begun = set[int](), 0
    for found in MARK.finditer(text):
        number = int(found[1])
        if number <= len(images) and number not in placed:
            placed.add(number)
            pieces += [Text(text[begun : found.start()]), replace(images[number - 1], mark=number)]
            begun = found.end()
    pieces.append(Text(text[begun:] if placed or text.strip() else ""))
    first = (replace(image, mark=0) for number, image in enumerate(images, 1) if number not in placed)
    return (*first, *files, *(piece for piece in pieces if piece != Text("")))


def numbers(parts: Sequence[Part]) -> tuple[int, ...]:
    """Of each image, in the order of the parts, its number: those that a mark placed have its own.

    The others have what is left, in their order; so has one with a mark that cannot be, as where others are gone.
    """
    marks = [part.mark for part in parts if isinstance(part, Image)]
    own = {mark: at for at, mark in reversed([*enumerate(marks)]) if 0 < mark <= len(marks)}
    free = (number for number in range(1, len(marks) + 1) if number not in own)
    return tuple(mark if own.get(mark) == at else next(free) for at, mark in enumerate(marks))


def numbered(parts: Sequence[Part]) -> tuple[Image, ...]:
    """The images in the order of their numbers."""
    images = [part for part in parts if isinstance(part, Image)]
    found = dict(zip(numbers(parts), images, strict=True))
    return tuple(found[number] for number in sorted(found))


def typed(parts: Sequence[Part]) -> str:
    """The text as it was typed, with the marks that placed images."""
    return _joined(parts, is_whole=False)


def written(message: "UserMessage") -> str:
    """The text to be edited: composed again of it, the message's numbered images and files, all stands where it stood.

    So every image within the text has a mark here, also where no mark placed it, as in a chat of another program's.
    """
    return _joined(message.parts, is_whole=True)


def _joined(parts: Sequence[Part], is_whole: bool) -> str:
    """Between texts that stand beside each other is what models read there; a mark has nothing around it."""
    found, was_text = list[str](), False
    for piece, is_text in _pieces(parts, is_whole):
        found += [BETWEEN_TEXTS, piece] if is_text and was_text else [piece]
        was_text = is_text
    return "".join(found)


def _pieces(parts: Sequence[Part], is_whole: bool) -> Iterator[tuple[str, bool]]:
    """Texts and marks, and of each whether it stands apart from others that do."""
    left, has_begun = iter(numbers(parts)), False
    for part in parts:
        if isinstance(part, Text) and part.text:
            has_begun = True
            yield part.text, True
        elif isinstance(part, Image):
            number = next(left)
            if part.mark:
                has_begun = True
                yield f"[{number}]", False
            elif is_whole and has_begun:
                yield f"[{number}]", True
