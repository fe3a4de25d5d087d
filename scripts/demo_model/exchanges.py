"""One question and all that follows it, up to the answer: the unit of which training dialogues are made."""

import random
import re
from dataclasses import dataclass, field

from scripts.demo_model.fonts import SEEN
from scripts.demo_model.noise import Nothing
from scripts.demo_model.scenes import Scene
from scripts.demo_model.texts import TextPicture

Picture = Scene | TextPicture | Nothing
Schema = dict[str, object]
# Private-use characters around what is put out in other tokens than the tokenizer would choose.
SPELLED, COPIED, APART, MARK_END = "\ue000", "\ue001", "\ue002", "\ue003"
MARKS = f"{SPELLED}{COPIED}{APART}{MARK_END}"
MARKED = re.compile(f"([{SPELLED}{COPIED}{APART}][^{MARKS}]*{MARK_END})")


def spelled(text: str) -> str:
    """Text to be put out one character a token, as it is read from a picture: no word has to be known beforehand."""
    return f"{SPELLED}{text}{MARK_END}"


def copied(text: str) -> str:
    """Text to be put out in the tokens that it has after a space in the question, the first without its space.

    The tokenizer cuts " ention" into " ent" and "ion" and "ention" in one: to copy that, a model would have to know
    for every word how it is cut without its space.
    """
    return f"{COPIED}{text}{MARK_END}"


def apart(text: str) -> str:
    """Text to be put out in the tokens that it has when it stands alone, as a tool's result does."""
    return f"{APART}{text}{MARK_END}"


def plain(text: str) -> str:
    """The text as a reader sees it, without the marks."""
    return re.sub(f"[{MARKS}]", "", text)


@dataclass(frozen=True)
class Call:
    """A call: its arguments, and what the tool gives back."""

    name: str
    arguments: dict[str, object]
    result: str


Reply = str | tuple[Call, ...]


@dataclass(frozen=True)
class Exchange:
    """A question and the replies to it: an answer, or calls and then an answer. `skill` is its row in the table."""

    skill: str
    question: str
    replies: tuple[Reply, ...]
    pictures: tuple[Picture, ...] = ()
    tools: tuple[Schema, ...] = ()  # that must be on
    tools_allowed: bool = True  # whether others may be on


BEFORE = (
    "Hi!",
    "Hello.",
    "Okay.",
    "Ok,",
    "Now:",
    "And now:",
    "Please:",
    "Next:",
    "Well,",
    "Sorry,",
    "Thanks.",
    "Great!",
    "So,",
)


@dataclass(frozen=True)
class Phrasings:
    """Ways to ask for one thing, of which some are kept back for the evaluation."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where examples come from: a random source, the fonts of its pictures, and whether phrasings are those kept back."""

    rng: random.Random
    fonts: tuple[str, ...] = SEEN
    unseen_phrasings: bool = False
    casing: bool = field(
        default=True
    )  # now and then a question all in lower case, without its last sign, or after BEFORE

    def ask(self, phrasings: Phrasings, **values: str) -> str:
        """One of the phrasings, filled, now and then after a word of its own."""
        text = self.rng.choice(phrasings.unseen if self.unseen_phrasings else phrasings.seen).format(**values)
        if self.casing and self.rng.random() < 0.08:
            text = f"{self.rng.choice(BEFORE)} {text}"
        chance = self.rng.random() if self.casing and not values else 1.0
        if chance < 0.08:
            text = text.lower()
        return text.rstrip("?.!") if chance < 0.05 else text
