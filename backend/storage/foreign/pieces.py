"""What an entry of another program's file is made of, and what is said of what cannot be taken as it is."""

from dataclasses import dataclass
from typing import Any

from backend.chat.parts import Image, Text, TextFile

Json = dict[str, Any]
MAX_NESTED = 4  # contents within contents

# What is counted, as one and as several; each is marked in its place too.
PICTURE = ("image that isn’t in the file", "images that aren’t in the file")
DAMAGED = ("image that couldn’t be read", "images that couldn’t be read")
SOUND = ("recording", "recordings")
SHOWN = ("image in an answer", "images in answers")
FILE = ("attached file", "attached files")
SYSTEM = ("system message in the middle", "system messages in the middle")
RESULT = ("tool result that answers no call", "tool results that answer no call")
NAME = ("tool’s name that no tool can have", "tools’ names that no tool can have")
TOOL = ("tool that cannot be declared", "tools that cannot be declared")
HIDDEN = ("encrypted thought", "encrypted thoughts")
ENTRY = ("message of an unknown kind", "messages of unknown kinds")
OTHER = ("part of an unknown kind", "parts of unknown kinds")
CHAT = ("chat that couldn’t be read", "chats that couldn’t be read")
MORE = ("chat too many", "chats too many")
SPOILT = ("file with broken characters, which were replaced", "files with broken characters, which were replaced")

Kind = tuple[str, str]


@dataclass(frozen=True)
class Thought:
    """What a model thought before it answered."""

    text: str


@dataclass(frozen=True)
class Refusal:
    """What a model wrote where it refused."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call of a tool, under another program's id."""

    id: str | None
    name: object
    arguments: object


@dataclass(frozen=True)
class Result:
    """What a call came back with; `call` is its id, None where the file has none."""

    call: str | None
    name: object
    parts: tuple["Piece", ...]
    is_error: bool = False


@dataclass(frozen=True)
class Left:
    """What cannot be taken: of which kind, and which one, in a few words."""

    kind: Kind
    what: str = ""

    @property
    def mark(self) -> str:
        """What stands in its place."""
        return f"[not imported: {self.kind[0]}{self.what and ': ' + self.what}]"


Piece = Text | Image | TextFile | Thought | Refusal | Call | Result | Left


def unfolded(piece: Piece) -> Piece:
    """A file as a text under its name, where our messages hold no files; any other piece as it is."""
    return Text(f"{piece.name}\n\n{piece.content}") if isinstance(piece, TextFile) else piece


def text_of(value: object) -> str:
    """A text, or the empty one for any other value."""
    return value if isinstance(value, str) else ""


def first(value: Json, *names: str) -> Any:
    """The first of these fields that is there and not empty."""
    return next((value[name] for name in names if value.get(name) not in (None, "", [], {})), None)


def named(value: object) -> str:
    """A few words of a value, for a mark: one line, not long, nothing invisible."""
    words = "".join(c if c.isprintable() else " " for c in text_of(value)[:400])
    words = " ".join(words.split())
    return words if len(words) <= 60 else f"{words[:40]}…{words[-16:]}"
