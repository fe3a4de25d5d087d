"""A person's message as blocks of HTML: its images, files and texts where they stand in it. Pure."""

import html
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from backend.chat.marks import numbers
from backend.chat.messages import UserMessage
from backend.chat.parts import BETWEEN_TEXTS, Image, Part, Text, TextFile
from ui.render.addresses import picture_address
from ui.render.texts import escaped, sendable, shortened, typed
from ui.texts import texts

Kind = Literal["images", "files", "text"]
Numbered = tuple[Part, int]  # an image with its number; of other parts it says nothing
OF_FILES = 60_000  # characters of a message's files that are drawn, the same of each


def question(message: UserMessage) -> Iterator[str]:
    """The blocks of it, of which each holds what stands beside each other and is of one kind."""
    if message.example:
        yield f'<p class="example">{texts.examples.title}</p>'
    left, files = iter(numbers(message.parts)), len(message.files)
    parts = [(part, next(left) if isinstance(part, Image) else 0) for part in message.parts if part != Text("")]
    for kind, run in groupby(parts, key=lambda each: _kind(each[0])):
        if kind == "images":
            yield f'<div class="pictures">{"".join(_picture(part, number) for part, number in run)}</div>'
        elif kind == "files":
            yield f'<div class="files">{"".join(_file(part, OF_FILES // files) for part, _ in run)}</div>'
        else:
            yield typed("".join(_texts([*run])))


def _kind(part: Part) -> Kind:
    if isinstance(part, TextFile):
        return "files"
    return "images" if isinstance(part, Image) and not part.mark else "text"


def _texts(run: Sequence[Numbered]) -> Iterator[str]:
    """Texts, and the images that marks placed among them."""
    was_text = False
    for part, number in run:
        if isinstance(part, Text):
            yield f"{BETWEEN_TEXTS if was_text else ''}{escaped(part.text)}"
        else:
            yield _picture(part, number)
        was_text = isinstance(part, Text)


def _picture(part: Part, number: int) -> str:
    """A button that enlarges it: its number stands on it where a mark placed it, and under it what it is."""
    assert isinstance(part, Image)
    label = " ".join(sendable(part.label).split())
    name = html.escape(f"{texts.transcript.image.format(number)}{label and ', '}{label}")
    size = f'width="{part.width}" height="{part.height}"'
    shown = f'<img src="{picture_address(part)}" alt="{name}" {size} loading="lazy">'
    mark = f'<span class="mark" aria-hidden="true">{number}</span>' if part.mark else ""
    told = f'<span class="label" aria-hidden="true">{html.escape(label)}</span>' if label else ""
    return f'<button type="button" class="enlarge{" placed" if mark else ""}">{shown}{mark}{told}</button>'


def _file(part: Part, most: int) -> str:
    assert isinstance(part, TextFile)
    name = html.escape(" ".join(sendable(part.name).split()))
    size = texts.transcript.characters.format(len(part.content))
    shown = typed(escaped(shortened(part.content, most)))
    return f'<details class="file"><summary>{name} <small>{size}</small></summary>{shown}</details>'
