"""What is measured: a shape, the device it is on, how much of everything, and what earlier rows found."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch

from backend.engines.local.devices import free_memory
from backend.engines.local.loading import LoadedModel
from backend.models.catalogue import Checkpoint, find
from backend.models.memory import CONTEXT, SIZES, Machine, Size, decoder
from backend.tokenization.tokenizer import Tokenizer
from scripts.benchmark.large.device import timed
from scripts.benchmark.report import CannotMeasure
from scripts.benchmark.table import Row
from scripts.checkpoint import ENTRIES, SHAPES, Shape, random_model, write_tokenizer

TINY = replace(SHAPES["tiny"], vocabulary=4_096)  # the demo model's: 131,072 entries take some seconds to read
LARGEST_FIRST = ("small-3.2", "ministral-14b", "ministral-8b", "ministral-3b")


@dataclass(frozen=True)
class Amounts:
    """How much is copied (bytes), multiplied (a matrix's side), looked at (pixels), read and written (tokens)."""

    copied: int = 4 << 30
    square: int = 8_192
    side: int = 1540
    little: int = 4_000
    prompt: int = 8_192
    long: int = 65_536
    stopped: int = 30_000
    context: int = CONTEXT
    answer: int = 64


SMALL = Amounts(
    copied=64 << 20, square=512, side=224, little=256, prompt=512, long=2_304, stopped=6_400, context=1_024, answer=16
)


@dataclass(frozen=True)
class Ceilings:
    """What the device itself reaches: bytes a second, read and written, and bf16 operations a second."""

    bandwidth: float
    operations: float

    def of_arithmetic(self, operations: float, seconds: float) -> str:
        """What part of it so many operations in this time are."""
        return f"{operations / seconds / self.operations:.0%} of the measured arithmetic"


@dataclass
class Subject:
    """`found` and `model` are there once the rows that give them went well."""

    name: str
    shape: Shape
    device: torch.device
    amounts: Amounts
    folder: Path
    found: Ceilings | None = None
    model: LoadedModel | None = None

    @property
    def ceilings(self) -> Ceilings:
        """Raises CannotMeasure."""
        if not self.found:
            raise CannotMeasure("what the device itself reaches is not known")
        return self.found

    @property
    def loaded(self) -> LoadedModel:
        """Raises CannotMeasure."""
        if not self.model:
            raise CannotMeasure("there is no model")
        return self.model

    @property
    def size(self) -> Size:
        """What is planned with; the tiny shape's has a tower as large as any."""
        shape = self.shape
        return SIZES.get(self.name) or decoder(shape.hidden, shape.layers, shape.intermediate)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The demo model's for its few entries, else Tekken's own."""
        file = self.folder / "tekken.json"
        if self.shape.vocabulary == ENTRIES:
            write_tokenizer(file)
        else:
            shutil.copy(find("demo").folder / "tekken.json", file)
        return Tokenizer(file)

    def make(self) -> None:
        """The model, anew where there was one."""
        self.model = None
        free_memory()
        checkpoint = Checkpoint(self.folder, f"{self.name}, random weights", "", 131_072)
        self.model = LoadedModel(checkpoint, random_model(self.shape, self.device), self.tokenizer)


def chosen(small: bool, folder: Path) -> Subject:
    """The largest that fits a GPU; `small` takes any device. Raises CannotMeasure where there is none that can."""
    gpu = torch.cuda.is_available()
    if small:
        return Subject("tiny", TINY, torch.device("cuda:0" if gpu else "cpu"), SMALL, folder)
    if not gpu:
        raise CannotMeasure("needs a GPU; --small runs the same rows with a tiny shape")
    name = largest(torch.cuda.mem_get_info(0)[0])
    return Subject(name, SHAPES[name], torch.device("cuda:0"), Amounts(), folder)


def largest(free: float) -> str:
    """The largest shape that the plan finds room for. Raises CannotMeasure where there is none."""
    machine = Machine("cuda", free)
    for name in LARGEST_FIRST:
        if machine.verdict(SIZES[name], "bf16") == "fits":
            return name
    needed = SIZES[LARGEST_FIRST[-1]].needed("bf16") / 1e9
    raise CannotMeasure(f"needs a GPU with {needed:.0f} GB free, and {free / 1e9:.0f} are")


def making(subject: Subject) -> Iterator[Row]:
    """The model, for all rows after this."""
    seconds = timed(subject.make, subject.device)
    weights = sum(weight.nbytes for weight in subject.loaded.model.parameters())
    yield Row(
        subject.loaded.checkpoint.title,
        f"made in {seconds:.0f} s; {weights / 1e9:.3g} GB of weights",
        f"{subject.size.weights('bf16') / 1e9:.3g} GB planned",
    )
