"""What is certain to be in the next prompt is read before it is sent, and is in nobody's way."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from backend.chat.marks import composed
from backend.chat.messages import AssistantMessage, Finished, Message, UserMessage
from backend.chat.parts import Image, Part, Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local import reading
from backend.engines.local.engine import LocalEngine
from backend.engines.local.read_ahead import MOST
from backend.tokenization.tokenizer import Prompt, Tokenizer

PIECE = 64
GREEDY = GenerationSettings(temperature=0.0, max_tokens=8)
LONG = "Tell me about the sea, the wind and the ships that sail upon it. " * 20


@pytest.fixture(autouse=True)
def small_pieces(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.loading.result()
    engine._reader = None
    engine._ahead.forget("")
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


def test_a_picture_that_is_placed_within_the_text_waits_for_it(
    engine: LocalEngine, picture: Image, steps: Steps
) -> None:
    engine.read_ahead(asking(UserMessage(composed("What is [1]", (picture,)))))
    settled(engine)
    assert sum(steps.lengths) < PIECE


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


def test_a_reading_that_failed_within_a_layer_spoils_no_answer(engine: LocalEngine) -> None:
    layers = engine.loading.result().model.model.language_model.layers
    begun = 0

    def fail(*_: object) -> None:
        nonlocal begun
        begun += 1
        if begun == 3:
            raise RuntimeError("the device has a fault")

    hook = layers[-1].register_forward_pre_hook(fail)
    request = asking(said(LONG), AssistantMessage("It is wide."), said("Go on."))
    engine.read_ahead(request)
    settled(engine)
    hook.remove()
    assert begun == 3
    text, _ = answered(engine, request)
    engine._reader = None
    assert answered(engine, request)[0] == text


def test_a_draft_that_fails_in_a_way_nobody_foresaw_is_in_nobodys_way(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_ahead = reading.Reader.read_ahead

    def fails(reader: reading.Reader, prompt: Prompt, progress: reading.Progress) -> None:
        if prompt.owner == "odd":
            raise ValueError("a fault")
        read_ahead(reader, prompt, progress)

    monkeypatch.setattr(reading.Reader, "read_ahead", fails)
    later = asking(said(LONG), AssistantMessage("It is wide."), said("Go on."))
    with closing(engine.stream(asking(said("Hello"), owner="another"))) as stream:
        next(stream)
        engine.read_ahead(later)
        engine.read_ahead(replace(later, owner="odd"))
    settled(engine)
    assert answered(engine, later)[1] > 200


def test_a_draft_longer_than_the_context_is_not_read(engine: LocalEngine, steps: Steps) -> None:
    loaded = engine.loading.result()
    words = LONG * (loaded.checkpoint.context // len(loaded.tokenizer.text_ids(LONG)) + 1)
    engine.read_ahead(asking(said(words), AssistantMessage("It is wide."), said("Go on.")))
    settled(engine)
    assert steps.lengths == []


def test_a_draft_for_which_there_is_no_room_is_not_read_and_what_is_kept_stays(
    engine: LocalEngine, steps: Steps
) -> None:
    begun = (said(LONG), AssistantMessage("It is wide."))
    answered(engine, asking(*begun, said("Go on.")))
    assert engine._reader
    engine._reader.prefixes._budget = engine._reader.prefixes.bytes
    read = len(steps.lengths)
    engine.read_ahead(asking(*begun, said("Go on."), AssistantMessage(LONG), said("And?")))
    settled(engine)
    assert len(steps.lengths) == read
    assert answered(engine, asking(*begun, said("Go on.")))[1] > 200


def test_a_picture_that_was_read_but_for_its_end_is_read_to_its_end(
    engine: LocalEngine, picture: Image, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asking(said(picture, "What is this?"))
    tokenizer = engine.loading.result().tokenizer
    until = tokenizer.encode(request).tokens.index(tokenizer.control.end_of_picture) + 1
    monkeypatch.setattr(reading, "piece_size", lambda model: until - 5)
    steps.held_at = 0
    engine.read_ahead(request)
    assert steps.reached.wait(30)
    with closing(engine.stream(asking(said("Hello"), owner="another"))) as stream:
        next(stream)
        steps.go_on.set()
        list(stream)
    settled(engine)
    assert answered(engine, request)[1] == until


def test_keys_that_are_pressed_while_a_draft_is_read_pile_up_no_work(engine: LocalEngine, steps: Steps) -> None:
    steps.held_at = 1
    begun = (said(LONG), AssistantMessage("It is wide."))
    engine.read_ahead(asking(*begun, said("")))
    assert steps.reached.wait(30)
    for number in range(20):
        engine.read_ahead(asking(*begun, said(""), owner=str(number)))
    assert engine._worker._work_queue.qsize() <= 1
    steps.go_on.set()
    settled(engine)


def test_a_large_draft_is_encoded_where_nobody_waits_for_it(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoding: list[str] = []
    encode = Tokenizer.encode

    def told(tokenizer: Tokenizer, request: ChatRequest) -> Prompt:
        encoding.append(threading.current_thread().name)
        return encode(tokenizer, request)

    monkeypatch.setattr(Tokenizer, "encode", told)
    for _ in range(3):
        engine.read_ahead(asking(said(LONG), AssistantMessage("It is wide."), said("")))
        settled(engine)
    assert encoding == [threading.current_thread().name]  # and once, however many keys are pressed


def test_a_draft_in_whose_place_another_is_written_is_not_read_to_its_end(engine: LocalEngine, steps: Steps) -> None:
    steps.held_at = 1
    draft = asking(said(LONG), AssistantMessage("It is wide."), said(""))
    engine.read_ahead(draft)
    assert steps.reached.wait(30)
    newer = replace(draft, system_prompt="Be very brief.")
    engine.read_ahead(newer)
    steps.go_on.set()
    settled(engine)
    assert sum(steps.lengths) < engine.loading.result().tokenizer.count(newer) + 2 * PIECE
    assert answered(engine, newer)[1] > 200


def test_drafts_of_one_page_push_out_nothing_that_was_read_for_others(engine: LocalEngine) -> None:
    begun = (said(LONG), AssistantMessage("It is wide."))
    answered(engine, asking(*begun, said("Go on."), owner="another"))
    assert engine._reader
    engine._reader.prefixes._budget = 3 * engine._reader.prefixes.bytes
    for words in range(1, 6):  # as when a system prompt is written
        engine.read_ahead(replace(asking(*begun, said("")), system_prompt="very " * words))
        settled(engine)
    assert answered(engine, asking(*begun, said("Go on."), owner="another"))[1] > 200


def test_a_draft_that_is_as_it_was_before_is_read_in_place_of_what_it_was_meanwhile(
    engine: LocalEngine, steps: Steps
) -> None:
    draft = asking(said(LONG), AssistantMessage("It is wide."), said(""))
    engine.read_ahead(draft)
    settled(engine)
    read = len(steps.lengths)
    steps.held_at = read
    other = replace(draft, owner="another")
    engine.read_ahead(other)
    assert steps.reached.wait(30)
    engine.read_ahead(replace(draft, system_prompt="Be very brief."))
    engine.read_ahead(replace(draft, owner="a third", messages=(said("Hello"),)))
    engine.read_ahead(draft)
    steps.go_on.set()
    settled(engine)
    assert sum(steps.lengths[read:]) < 1.3 * engine.loading.result().tokenizer.count(other)
