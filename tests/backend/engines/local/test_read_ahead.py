"""What is certain to be in the next prompt is read before it is sent, and is in nobody's way."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from backend.chat.messages import AssistantMessage, Finished, Image, Message, Part, Text, UserMessage
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local import reading
from backend.engines.local.engine import LocalEngine
from backend.engines.local.read_ahead import MOST

PIECE = 64
GREEDY = GenerationSettings(temperature=0.0, max_tokens=8)
LONG = "Tell me about the sea, the wind and the ships that sail upon it. " * 20


@pytest.fixture(autouse=True)
def small_pieces(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.loading.result()
    engine._reader = None
    monkeypatch.setattr(reading, "piece_size", lambda model: PIECE)


@pytest.fixture
def picture(tmp_path: Path) -> Image:
    noise = np.random.default_rng(7).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).save(tmp_path / "noise.png")
    return Image(str(tmp_path / "noise.png"), 224, 224)


class Steps:
    """What the decoder takes at each step, in tokens; at a step of this number it is held until told to go on."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self.held_at = -1
        self.reached, self.go_on = threading.Event(), threading.Event()

    def __call__(self, _: object, __: object, fields: dict[str, Any]) -> None:
        self.lengths.append(fields["inputs_embeds"].shape[1])
        if len(self.lengths) == self.held_at + 1:
            self.reached.set()
            assert self.go_on.wait(30)


@pytest.fixture
def steps(engine: LocalEngine) -> Iterator[Steps]:
    found = Steps()
    hook = engine.loading.result().model.model.language_model.register_forward_pre_hook(found, with_kwargs=True)
    yield found
    hook.remove()


def said(*parts: Part | str) -> UserMessage:
    return UserMessage(tuple(Text(part) if isinstance(part, str) else part for part in parts))


def asking(*messages: Message, owner: str = "me") -> ChatRequest:
    return ChatRequest("Be brief.", messages, settings=GREEDY, owner=owner)


def settled(engine: LocalEngine) -> None:
    """All that the worker was given is done."""
    for _ in range(3):
        engine._worker.submit(lambda: None).result(timeout=60)


def answered(engine: LocalEngine, request: ChatRequest) -> tuple[str, int]:
    """(text, tokens that were not read anew)"""
    events = list(engine.stream(request))
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.usage
    return "".join(event.text for event in events if isinstance(event, TextDelta)), last.usage.reused_tokens


def test_a_picture_in_the_box_is_read_before_it_is_sent(engine: LocalEngine, picture: Image, steps: Steps) -> None:
    engine.read_ahead(asking(said(picture, "Wh")))
    settled(engine)
    before = len(steps.lengths)
    text, reused = answered(engine, asking(said(picture, "What is this?")))
    in_pictures = sum(steps.lengths[:before])
    assert reused == in_pictures > 64
    assert steps.lengths[before] < PIECE
    engine._reader = None
    assert answered(engine, asking(said(picture, "What is this?"))) == (text, 0)


def test_what_was_read_is_read_once_however_often_it_is_written_on(engine: LocalEngine, steps: Steps) -> None:
    before = said(LONG), AssistantMessage("It is wide.")
    for end in range(5):
        engine.read_ahead(asking(*before, said("And now"[:end])))
        settled(engine)
    assert sum(steps.lengths) < 1.2 * engine.loading.result().tokenizer.count(asking(*before, said("And now")))


def test_what_was_read_for_one_is_not_there_for_another(engine: LocalEngine) -> None:
    engine.read_ahead(asking(said(LONG), AssistantMessage("It is wide."), said("")))
    settled(engine)
    _, reused = answered(engine, asking(said(LONG), AssistantMessage("It is wide."), said("Go on."), owner="another"))
    assert reused < 20


def test_whoever_asks_waits_for_one_piece_at_most(engine: LocalEngine, steps: Steps) -> None:
    steps.held_at = 2
    engine.read_ahead(asking(said(LONG), AssistantMessage("It is wide."), said("")))
    assert steps.reached.wait(30)
    stream = engine.stream(asking(said("Hello"), owner="another"))
    next(stream)
    steps.go_on.set()
    list(stream)
    assert steps.lengths[:3] == [PIECE] * 3
    assert steps.lengths[3] < PIECE
    settled(engine)  # and then it is gone on with
    _, reused = answered(engine, asking(said(LONG), AssistantMessage("It is wide."), said("Go on.")))
    assert reused > 200


def test_what_is_sent_is_not_read_as_a_draft_any_more(engine: LocalEngine, steps: Steps) -> None:
    begun = said(LONG)
    stream = engine.stream(asking(said("Hello"), owner="another"))
    next(stream)
    engine.read_ahead(asking(begun, AssistantMessage("…"), said("Go")))
    mine = engine.stream(asking(begun, AssistantMessage("…"), said("Go on.")))
    next(mine)
    list(stream)
    list(mine)
    count = len(steps.lengths)
    settled(engine)
    assert len(steps.lengths) == count


def test_a_draft_that_cannot_be_read_is_in_nobodys_way(engine: LocalEngine, picture: Image, steps: Steps) -> None:
    Path(picture.path).unlink()
    engine.read_ahead(asking(said(picture, "What is this?")))
    engine.read_ahead(asking(said(LONG), AssistantMessage("It is wide."), said(""), owner="another"))
    settled(engine)
    _, reused = answered(engine, asking(said(LONG), AssistantMessage("It is wide."), said("Go on."), owner="another"))
    assert reused > 200


def test_drafts_that_wait_are_bounded(engine: LocalEngine) -> None:
    stream = engine.stream(asking(said("Hello"), owner="another"))
    next(stream)
    for number in range(3 * MOST):
        engine.read_ahead(asking(said(LONG), AssistantMessage("It is wide."), said(""), owner=str(number)))
    assert len(engine._ahead._drafts._drafts) == MOST
    stream.close()
    settled(engine)
