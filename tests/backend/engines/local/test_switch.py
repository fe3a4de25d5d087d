"""Changing the model while the app runs: the demo model and copies of it, sound and broken."""

import gc
import re
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.chat.errors import EngineUnavailable, ModelUnusable
from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.local import engine, loading
from backend.engines.local.loading import LoadedModel
from backend.engines.local.switch import ModelSwitch
from backend.models.catalogue import ROOT, Checkpoint, Wanted, look_up

HELLO = ChatRequest(
    messages=(UserMessage((Text("Hello"),)),), settings=GenerationSettings(temperature=0.0, max_tokens=8)
)
ENDLESS = ChatRequest(
    messages=(UserMessage((Text("Hello"),)),),
    settings=GenerationSettings(temperature=1.5, top_p=1.0, top_k=0, max_tokens=4000, seed=1),
)


@pytest.fixture
def switch() -> Iterator[ModelSwitch]:
    switch = ModelSwitch(look_up("demo"))
    switch.ready.result()
    yield switch
    switch.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "assets" / "demo-model", tmp_path / "another"))


def answer(switch: ModelSwitch) -> str:
    return "".join(event.text for event in switch.stream(HELLO) if isinstance(event, TextDelta))


def test_requests_wait_for_the_first_model_and_are_told_so() -> None:
    switch = ModelSwitch(look_up("demo"))
    events = list(switch.stream(HELLO))
    switch.close()
    assert isinstance(events[0], Waiting)
    assert events[0].status
    assert isinstance(events[-1], Finished)


def test_another_model_takes_the_place_of_the_first_whose_memory_is_freed(switch: ModelSwitch, copy: Path) -> None:
    before = answer(switch)
    assert switch._engine
    first = weakref.ref(switch._engine.loading.result().model)
    told = list(switch.change(look_up(str(copy))))
    gc.collect()
    assert any(re.fullmatch(r"Loading the model: \d+ of \d+ weights…", what) for what in told)
    assert first() is None
    assert switch.checkpoint
    assert switch.checkpoint.title == "another"
    assert answer(switch) == before


def test_a_model_that_cannot_be_loaded_leaves_the_old_one_answering(switch: ModelSwitch, copy: Path) -> None:
    before = answer(switch)
    shard = next(copy.glob("model*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(ModelUnusable, match="Mistral Demo is still in use"):
        list(switch.change(look_up(str(copy))))
    assert answer(switch) == before


def test_a_fault_that_nobody_foresaw_leaves_the_old_model_answering_too(
    switch: ModelSwitch, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def proven(loaded: LoadedModel, _: object) -> None:
        if loaded.checkpoint.title == "another":
            raise ValueError("as a library's kernel may")

    before = answer(switch)
    monkeypatch.setattr(engine, "proven", proven)
    with pytest.raises(ModelUnusable, match="Mistral Demo is still in use"):
        list(switch.change(look_up(str(copy))))
    assert answer(switch) == before


def test_what_was_loaded_of_a_model_that_does_not_fit_is_gone_before_the_old_one_is_loaded_again(
    switch: ModelSwitch, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = loading._weights
    parts: list[weakref.ref[Any]] = []
    left: list[weakref.ref[Any]] = []

    def weights(checkpoint: Checkpoint, *rest: Any) -> Any:
        gc.collect()
        left.extend(part for part in parts if part())
        model = read(checkpoint, *rest)
        if checkpoint.title == "another":
            parts.append(weakref.ref(model))
            raise MemoryError
        return model

    monkeypatch.setattr(loading, "_weights", weights)
    monkeypatch.setattr(loading.log, "disabled", True)  # or pytest kept the error, and with it what was loaded
    with pytest.raises(ModelUnusable, match="doesn't fit"):
        list(switch.change(look_up(str(copy))))
    assert parts
    assert not left


def test_files_that_cannot_be_had_disturb_nobody(switch: ModelSwitch, copy: Path) -> None:
    wanted = look_up(str(copy))
    engine = switch._engine
    shutil.rmtree(copy)
    with pytest.raises(ModelUnusable):
        list(switch.change(wanted))
    assert switch._engine is engine


def test_an_answer_under_way_ends_with_a_sentence(switch: ModelSwitch, copy: Path) -> None:
    stream = switch.stream(ENDLESS)
    next(event for event in stream if isinstance(event, TextDelta))
    changing = switch.change(look_up(str(copy)))
    next(changing)
    with pytest.raises(EngineUnavailable, match="was unloaded"):
        list(stream)
    list(changing)
    assert answer(switch)


def test_only_one_change_at_a_time(switch: ModelSwitch, copy: Path) -> None:
    first = switch.change(look_up(str(copy)))
    next(first)
    with pytest.raises(ModelUnusable, match="Wait until"):
        list(switch.change(look_up("demo")))
    list(first)


def test_a_first_model_that_cannot_be_loaded_is_said_to_everyone_who_asks(copy: Path) -> None:
    shard = next(copy.glob("model*.safetensors"))
    shard.unlink()
    switch = ModelSwitch(Wanted(look_up(str(copy)).entry, copy))
    with pytest.raises(EngineUnavailable):
        list(switch.stream(HELLO))
    with pytest.raises(ModelUnusable):
        switch.ready.result()
    switch.close()
