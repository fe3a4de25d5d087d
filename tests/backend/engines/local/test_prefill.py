"""Long prompts are read piece by piece: the same answers, and between two pieces everybody is heard."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch

from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Image, Part, Text
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.local import reading
from backend.engines.local.engine import LocalEngine
from backend.engines.local.loading import LoadedModel
from backend.engines.local.prefill import LARGEST, SMALLEST, PictureRows, piece_size
from backend.models.memory import layer_bytes

PIECE = 64
LONG = "Tell me about the sea, the wind and the ships that sail upon it. " * 20


@pytest.fixture(scope="module")
def loaded(engine: LocalEngine) -> LoadedModel:
    return engine.loading.result()


@pytest.fixture(autouse=True)
def small_pieces(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    engine._reader = None
    monkeypatch.setattr(reading, "piece_size", lambda model: PIECE)


@pytest.fixture
def picture(tmp_path: Path) -> Image:
    """Noise of more tokens than a piece has."""
    noise = np.random.default_rng(5).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).save(tmp_path / "noise.png")
    return Image(str(tmp_path / "noise.png"), 224, 224)


def asking(*parts: Part | str, owner: str = "mine") -> ChatRequest:
    said = UserMessage(tuple(Text(part) if isinstance(part, str) else part for part in parts))
    return ChatRequest("", (said,), settings=GenerationSettings(temperature=0.0, max_tokens=24), owner=owner)


def text(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def usage(events: list[Event]) -> Any:
    last = events[-1]
    assert isinstance(last, Finished)
    return last.usage


@contextmanager
def pieces(loaded: LoadedModel, at: int = -1) -> Iterator[tuple[list[int], threading.Event, threading.Event]]:
    """(tokens that the decoder takes at each step, set when it is at piece number `at`, what that then waits for)"""
    lengths: list[int] = []
    reached, go_on = threading.Event(), threading.Event()

    def look(_: object, __: object, fields: dict[str, Any]) -> None:
        lengths.append(fields["inputs_embeds"].shape[1])
        if len(lengths) == at + 1:
            reached.set()
            assert go_on.wait(30)

    hook = loaded.model.model.language_model.register_forward_pre_hook(look, with_kwargs=True)
    try:
        yield lengths, reached, go_on
    finally:
        hook.remove()


def test_the_answer_is_the_one_of_a_prompt_in_one_piece(
    engine: LocalEngine, loaded: LoadedModel, picture: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asking("Look:", picture, LONG, "What is this?")
    with pieces(loaded) as (lengths, _, __):
        events = list(engine.stream(request))
    tokens = usage(events).prompt_tokens
    read = lengths[: -(-tokens // PIECE)]
    assert read[:-1] == [PIECE] * (len(read) - 1)
    assert sum(read) == tokens
    engine._reader = None
    monkeypatch.setattr(reading, "piece_size", lambda model: 100_000)
    assert text(list(engine.stream(request))) == text(events)


def test_stop_is_heard_between_two_pieces_and_what_was_read_is_not_read_again(
    engine: LocalEngine, loaded: LoadedModel, picture: Image
) -> None:
    request = asking(LONG, picture, LONG, "Go on.")
    with pieces(loaded, at=5) as (lengths, reached, go_on):
        stream = engine.stream(request)
        next(stream)
        assert reached.wait(30)
        stream.close()
        go_on.set()
        engine._worker.submit(lambda: None).result(timeout=30)
        assert lengths == [PIECE] * 6
    events = list(engine.stream(request))
    read_before = usage(events).reused_tokens
    whole_pieces_before_the_picture = 4 * PIECE
    assert whole_pieces_before_the_picture <= read_before <= 6 * PIECE
    engine._reader = None
    assert text(list(engine.stream(request))) == text(events)


def test_the_time_limit_counts_between_two_pieces(engine: LocalEngine, loaded: LoadedModel) -> None:
    with pieces(loaded) as (lengths, _, __):
        *_, last = engine.stream(asking(LONG), max_seconds=0)
    assert isinstance(last, Finished)
    assert last.reason == "time"
    assert lengths == []


def test_the_person_is_told_how_much_is_read_and_which_picture_is_looked_at(
    engine: LocalEngine, loaded: LoadedModel, picture: Image
) -> None:
    def status(at: int) -> str:
        with pieces(loaded, at) as (_, reached, go_on):
            stream = engine.stream(asking(LONG, LONG))
            next(stream)
            assert reached.wait(30)
            told = next(stream)
            go_on.set()
            list(stream)
        engine._reader = None
        assert isinstance(told, Waiting)
        return told.status

    told = [int(status(at).removeprefix("Reading… ").removesuffix("%")) for at in (0, 4)]
    assert told[0] == 0
    assert 20 < told[1] < 80


def test_a_picture_is_looked_at_once_whichever_conversation_it_is_in(
    engine: LocalEngine, loaded: LoadedModel, picture: Image
) -> None:
    seen: list[object] = []
    hook = loaded.model.model.vision_tower.register_forward_pre_hook(lambda *_: seen.append(1))
    told = [text(list(engine.stream(asking(picture, "What is this?", owner=name)))) for name in ("one", "two")]
    hook.remove()
    assert len(seen) == 1
    assert told[0] == told[1]


def test_a_picture_that_is_cut_by_a_piece_gives_each_its_rows() -> None:
    features = [torch.arange(6.0).reshape(3, 2), torch.arange(10.0, 18.0).reshape(4, 2)]
    tokens = [5, 1, 1, 1, 5, 1, 1, 1, 1, 5]
    rows = PictureRows(tokens, 1, features)
    whole = torch.cat(features)

    def given(start: int, stop: int) -> torch.Tensor:
        return torch.cat(rows.of(start, stop)["mm_encoder_outputs"]["image"].pooler_output)

    assert given(0, 10).equal(whole)
    for cut in range(2, 9):
        assert torch.cat([given(0, cut), given(cut, 10)]).equal(whole)
    assert rows.of(4, 5) == rows.of(9, 10) == {}


def test_a_piece_is_smaller_where_memory_is_short(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    config = loaded.model.config.get_text_config()
    for_one = layer_bytes(config.hidden_size, config.intermediate_size, loaded.model.dtype.itemsize)
    found = []
    for tokens in (1, 8 * 1_000, 8 * 100_000):
        memory = type("Memory", (), {"available": tokens * for_one})
        monkeypatch.setattr("psutil.virtual_memory", lambda memory=memory: memory)
        found.append(piece_size(loaded.model))
    assert found == [SMALLEST, 512, 2_048]


def test_memory_of_a_gpu_that_torch_holds_unused_makes_no_piece_smaller(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = loaded.model.config.get_text_config()
    needed = 8 * LARGEST * layer_bytes(config.hidden_size, config.intermediate_size, loaded.model.dtype.itemsize)
    model = SimpleNamespace(device=torch.device("cuda"), dtype=loaded.model.dtype, config=loaded.model.config)
    monkeypatch.setattr("torch.cuda.mem_get_info", lambda device: (1_000, 2 * needed))
    monkeypatch.setattr("torch.cuda.memory_reserved", lambda device: needed + 5_000)
    monkeypatch.setattr("torch.cuda.memory_allocated", lambda device: 5_000)
    assert piece_size(model) == LARGEST
    monkeypatch.setattr("torch.cuda.memory_allocated", lambda device: needed + 5_000)
    assert piece_size(model) == SMALLEST
