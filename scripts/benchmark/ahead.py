"""What reading ahead spares: the wait for a first token with a picture in the message box, and without one."""

import statistics
from collections.abc import Iterator
from pathlib import Path

from backend.chat.messages import UserMessage
from backend.chat.parts import Part, Text
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from scripts.benchmark.answers import answered
from scripts.benchmark.noise import picture_file
from scripts.benchmark.table import Row

SIDE = 1024  # pixels: 1,406 tokens
ROUNDS = 5
QUESTION = Text("What is to be seen here, where was it, and who may have made it?")
TARGET = 1.5


def rows(engine: LocalEngine, folder: Path) -> Iterator[Row]:
    """Medians of questions without a picture, with one that was read ahead, and with one that was not."""
    plain, read, unread = [], [], []
    for number in range(ROUNDS):
        plain.append(_seconds(engine, _asking(number, "none")))
        ahead = _asking(number, "read", picture_file(folder, 2 * number, SIDE))
        engine.read_ahead(ahead)
        _wait(engine)
        read.append(_seconds(engine, ahead))
        unread.append(_seconds(engine, _asking(number, "unread", picture_file(folder, 2 * number + 1, SIDE))))
    without, ours, before = (statistics.median(times) for times in (plain, read, unread))
    yield Row(
        f"the same: first token with a picture of {SIDE} x {SIDE} that was read ahead, of no picture",
        f"{ours * 1000:.0f} of {without * 1000:.0f} ms, {before * 1000:.0f} where it was not",
        f"{ours / without:.2f} times (target {TARGET}), {before / without:.1f} where it was not",
    )


def _asking(number: int, owner: str, *parts: Part) -> ChatRequest:
    settings = GenerationSettings(temperature=0.0, max_tokens=1)
    return ChatRequest("", (UserMessage((*parts, QUESTION)),), settings=settings, owner=f"{owner} {number}")


def _seconds(engine: LocalEngine, request: ChatRequest) -> float:
    return answered(engine, request)[0].seconds_to_first_token or 0.0


def _wait(engine: LocalEngine) -> None:
    """Until nothing more is to be read ahead."""
    while True:
        engine._worker.submit(lambda: None).result()
        if not engine._ahead.can_run:
            return
