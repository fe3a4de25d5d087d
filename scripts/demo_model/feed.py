"""What the stages learn from, as tensors: made on the fly, by other processes where a GPU would wait for it."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import count
from typing import Generic, TypeVar

import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from scripts.demo_model import encode, lines
from scripts.demo_model.cells import CELL
from scripts.demo_model.encode import Sample
from scripts.demo_model.exchanges import Picture, Source
from scripts.demo_model.images import Patches, pack
from scripts.demo_model.mixture import dialogue, lesson
from scripts.demo_model.noise import nothing
from scripts.demo_model.reading import random_lines
from scripts.demo_model.scenes import random_scene
from scripts.demo_model.texts import set_lines

PAD = 11
TOKENS_IN_BATCH = 8192
TOKENS_TO_A_CELL = 9  # of a batch of samples, to one of the pictures beside them that the tower alone learns from
SAMPLES_AT_ONCE = 768  # that are sorted by length
BATCHES_AT_ONCE = 24  # of pictures alone
Draw = Callable[[random.Random], Picture]
T = TypeVar("T")


@dataclass(frozen=True)
class Shown:
    """Pictures and their labels [cells, SLOTS]."""

    patches: Patches
    labels: Tensor

    def to(self, device: torch.device) -> "Shown":
        """On another device."""
        return Shown(self.patches.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Batch:
    """ids int64 [samples, length], padded at their ends; `learned` bool of the same shape; the samples' pictures, and
    after them others, for the tower alone; the skill of each sample."""

    ids: Tensor
    learned: Tensor
    shown: Shown | None
    skills: list[str]

    def to(self, device: torch.device) -> "Batch":
        """On another device."""
        parts = {f.name: part.to(device) for f in fields(self) if hasattr(part := getattr(self, f.name), "to")}
        return replace(self, **parts)


@dataclass(frozen=True)
class Diet:
    """What is learned from: at most `longest` tokens a sample, a share of `lessons` (the others are dialogues), the
    kinds of lessons that most of them are to be, and about how many tokens a batch has."""

    longest: int
    lessons: float
    focus: tuple[str, ...] = ()
    tokens: int = TOKENS_IN_BATCH


def random_picture(rng: random.Random) -> Picture:
    """A scene, a text picture, now and then a picture of nothing."""
    if rng.random() < 0.05:
        return nothing(rng)
    return random_scene(rng) if rng.random() < 0.25 else random_text(rng)


def random_text(rng: random.Random) -> Picture:
    """A text picture, half of them of lines that are hard to read."""
    kind = rng.choice((lines.line, lines.hard_line))
    return set_lines(rng, random_lines(rng, rng.choices((1, 2, 3, 4, 5, 6), (8, 4, 4, 2, 1, 1))[0], kind))


def drawn(pictures: Sequence[Picture]) -> Shown:
    """The pictures, drawn."""
    labels = torch.cat([torch.from_numpy(picture.labels()).flatten(0, 1) for picture in pictures])
    return Shown(pack([picture.draw() for picture in pictures]), labels)


def pictures(rng: random.Random, draw: Draw, cells: int) -> list[Picture]:
    """Of about so many cells in all."""
    found: list[Picture] = []
    filled = 0
    while filled < cells:
        found.append(draw(rng))
        filled += found[-1].width * found[-1].height // CELL**2
    return found


def picture_lessons(rng: random.Random, cells: int) -> Iterator[Shown]:
    """A round of the first stage."""
    return (drawn(pictures(rng, random_picture, cells)) for _ in range(BATCHES_AT_ONCE))


def samples(rng: random.Random, tokenizer: encode.MistralTokenizer, diet: Diet) -> list[list[Sample]]:
    """Batches of samples of similar length, in random order."""
    found: list[Sample] = []
    while len(found) < SAMPLES_AT_ONCE:
        if rng.random() < diet.lessons:
            sample = encode.lesson(tokenizer, lesson(Source(rng), diet.focus), rng)
        else:
            sample = encode.sample(tokenizer, dialogue(Source(rng)), rng)
        if len(sample.ids) <= diet.longest:
            found.append(sample)
    found.sort(key=lambda s: len(s.ids))
    batches: list[list[Sample]] = [[]]
    for sample in found:
        if (len(batches[-1]) + 1) * len(sample.ids) > diet.tokens:
            batches.append([])
        batches[-1].append(sample)
    rng.shuffle(batches)
    return batches


def collated(asked: list[Sample], beside: Sequence[Picture] = ()) -> Batch:
    """The samples as tensors, with pictures beside theirs."""
    length = max(len(s.ids) for s in asked)
    ids = torch.tensor([s.ids + [PAD] * (length - len(s.ids)) for s in asked])
    learned = torch.zeros_like(ids, dtype=torch.bool)
    for row, sample in enumerate(asked):
        for start, end in sample.spans:
            learned[row, start:end] = True
    found = [*(picture for s in asked for picture in s.pictures), *beside]
    return Batch(ids, learned, drawn(found) if found else None, [s.skill for s in asked])


def lessons(rng: random.Random, tokenizer: encode.MistralTokenizer, diet: Diet, with_tower: bool) -> Iterator[Batch]:
    """A round of the second stage, or of the third, `with_tower`, which has pictures beside the samples."""
    for asked in samples(rng, tokenizer, diet):
        yield collated(asked, pictures(rng, random_text, diet.tokens // TOKENS_TO_A_CELL) if with_tower else ())


class Rounds(IterableDataset[tuple[int, T]], Generic[T]):
    """(round, what is learned in it), without an end.

    What a round holds depends on the seed, the process and its number alone: a run that is resumed goes on.
    """

    def __init__(self, make: Callable[[random.Random], Iterable[T]], seed: int, process: int, first: int) -> None:
        self.make, self.seed, self.process, self.first = make, seed, process, first

    def __iter__(self) -> Iterator[tuple[int, T]]:
        helper = get_worker_info()
        start, step = (helper.id, helper.num_workers) if helper else (0, 1)
        for number in count(self.first + start, step):
            rng = random.Random((self.seed * 1_000_003 + number) * 64 + self.process)
            for part in self.make(rng):
                yield number, part


def feed(rounds: Rounds[T], helpers: int) -> Iterator[tuple[int, T]]:
    """The rounds, made by so many other processes, or here where there are none."""
    return iter(DataLoader(rounds, batch_size=None, num_workers=helpers, in_order=False))
