"""What of a file in the message box goes with a message, as a value, and in the words of the page. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from backend.chat.errors import InputRefused
from ui.components.options import DETAILS, FULL
from ui.texts import texts

Form = Literal["picture", "text", "both"]
FORMS: tuple[Form, ...] = get_args(Form)
EDGES = frozenset(edge for _, edge in DETAILS)
MAX_PAGES = 1_000  # of one document that can be chosen among
MAX_WRITTEN = 6_000  # characters: all odd pages of a thousand take under 2,500
RANGE = re.compile(r"(\d{1,7})(?:-(\d{1,7}))?")
MAX_LABEL = 300  # characters
MOST = 200  # files of which it is known what was chosen: twice what a message box takes
WRITTEN = re.compile(rf"([\d,-]*|\*) ({'|'.join(FORMS)}) (\d{{1,4}}) ?(.{{0,{MAX_LABEL}}})")


@dataclass(frozen=True)
class Choice:
    """The longest edge in pixels of a file's pictures, and of a document its pages, and as what each goes.

    `pages` are numbers from 1, ascending; None where nobody has chosen, so that the first ones go. `label` says what a
    picture is that was one before, see backend/chat/parts.py.
    """

    detail: int = FULL
    pages: tuple[int, ...] | None = None
    form: Form = "picture"
    label: str = ""

    @property
    def written(self) -> str:
        """As the page holds it."""
        pages = "*" if self.pages is None else ranges(self.pages, ",")
        return f"{pages} {self.form} {self.detail} {self.label[:MAX_LABEL]}".rstrip()


USUAL = Choice()
Choices = Mapping[str, Choice]  # by the path of a file


def choice_of(written: str) -> Choice:
    """The choice that a page holds; the usual one where it holds none, or what is forged."""
    found = WRITTEN.fullmatch(written) if len(written) <= MAX_WRITTEN else None
    if found is None or int(found[3]) not in EDGES:
        return USUAL
    try:
        pages = None if found[1] == "*" else numbers(found[1], MAX_PAGES)
    except InputRefused:
        return USUAL
    form = next(form for form in FORMS if form == found[2])
    return Choice(int(found[3]), pages, form, found[4])


def choices_of(files: Sequence[str], written: Sequence[str]) -> dict[str, Choice]:
    """Those that a page holds of these files; of those without one, nothing."""
    return {path: choice_of(said) for path, said in zip(files, written, strict=False) if said}


def joined(before: Choices, newer: Choices) -> Choices:
    """What was chosen by now, of as many files as are known: those of which it was longest ago go."""
    both = {path: choice for path, choice in before.items() if path not in newer} | {**newer}
    return dict(list(both.items())[-MOST:])


def numbers(text: str, count: int) -> tuple[int, ...]:
    """The pages that a person has typed, such as "3-7, 12", of a document with so many.

    Raises InputRefused, which says what can be typed.
    """
    chosen = set[int]()
    for piece in re.split(r"[,;\s]+", re.sub(r"\s*[-–—]\s*", "-", text[:MAX_WRITTEN].strip())):
        if not piece:
            continue
        found = RANGE.fullmatch(piece)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if not 1 <= first <= last:
            raise InputRefused(texts.documents.pages_unclear)
        if first > count:
            raise InputRefused(texts.documents.pages_beyond.format(count=f"{count:,}"))
        chosen.update(range(first, min(last, count) + 1))
    return tuple(sorted(chosen))


def ranges(pages: Sequence[int], between: str = ", ") -> str:
    """Ascending pages as a person would type them: 3, 4, 5, 12 is "3-5, 12"."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return between.join(str(first) if first == last else f"{first}-{last}" for first, last in runs)
