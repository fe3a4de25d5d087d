"""The engine in this process, with the demo model that comes with the app."""

import re
import threading
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import PIL.Image
import pytest
import torch
from transformers import LogitsProcessorList

from backend.chat.errors import EngineError, EngineUnavailable, GenerationFailed, ModelUnusable, RequestRejected
from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Image, Part, Text
from backend.chat.request import ChatRequest, Event, TextDelta, ThoughtDelta, Waiting
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.models.catalogue import find
from backend.tokenization.tokenizer import Tokenizer

GREEDY = GenerationSettings(temperature=0.0, max_tokens=24)
SAMPLED = GenerationSettings(temperature=1.0, max_tokens=24, seed=7)


@pytest.fixture
def model(engine: LocalEngine) -> Any:
    return engine.loading.result().model


@pytest.fixture
def endless(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model never ends an answer by itself."""
    generate = model.generate

    def without_end(**arguments: Any) -> object:
        arguments["generation_config"].min_new_tokens = arguments["generation_config"].max_new_tokens
        return generate(**arguments)

    monkeypatch.setattr(model, "generate", without_end)


def asking(*parts: Part | str, settings: GenerationSettings = GREEDY) -> ChatRequest:
    return ChatRequest(
        messages=(UserMessage(tuple(Text(part) if isinstance(part, str) else part for part in parts)),),
        settings=settings,
    )


def text(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def answer(engine: LocalEngine, request: ChatRequest) -> tuple[str, Finished]:
    events = list(engine.stream(request))
    last = events[-1]
    assert isinstance(last, Finished)
    return text(events), last


def picture(folder: Path, width: int, height: int) -> Image:
    path = folder / f"{width}x{height}.png"
    PIL.Image.new("RGB", (width, height), (200, 30, 30)).save(path)
    return Image(str(path), width, height)


def test_a_greedy_answer_is_the_same_twice(engine: LocalEngine) -> None:
    first, _ = answer(engine, asking("Hello"))
    assert first
    assert answer(engine, asking("Hello"))[0] == first


def test_a_seed_gives_the_same_sample_twice(engine: LocalEngine) -> None:
    first, _ = answer(engine, asking("Tell me a story.", settings=SAMPLED))
    assert first
    assert answer(engine, asking("Tell me a story.", settings=SAMPLED))[0] == first


@pytest.mark.usefixtures("endless")
def test_without_a_seed_samples_differ_even_after_a_seeded_request(engine: LocalEngine) -> None:
    unseeded = replace(SAMPLED, temperature=2.0, seed=None)
    samples = set()
    for _ in range(5):
        answer(engine, asking("Tell me a story.", settings=SAMPLED))
        samples.add(answer(engine, asking("a b c d e f g", settings=unseeded))[0])
    assert len(samples) > 1  # some may be alike by chance, all of them only by the seed


def test_an_answer_ends_with_what_it_took(engine: LocalEngine, tmp_path: Path) -> None:
    _, finished = answer(engine, asking(picture(tmp_path, 56, 56), "What colour is this?"))
    usage = finished.usage
    assert usage is not None
    assert usage.image_tokens == 6  # two rows of two patches, and a break or an end after each
    assert usage.prompt_tokens > usage.image_tokens
    assert 0 < usage.new_tokens <= GREEDY.max_tokens
    assert usage.seconds_to_first_token is not None
    assert 0 < usage.seconds_to_first_token < 60


def test_a_message_without_pictures_counts_no_image_tokens(engine: LocalEngine) -> None:
    _, finished = answer(engine, asking("Hello"))
    assert finished.usage is not None
    assert finished.usage.image_tokens == 0


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (29, 28)])
def test_a_picture_no_larger_than_an_icon_is_read(engine: LocalEngine, tmp_path: Path, size: tuple[int, int]) -> None:
    said, finished = answer(engine, asking(picture(tmp_path, *size), "What is in the image?"))
    assert said
    assert finished.usage is not None
    assert finished.usage.image_tokens > 2


def test_pictures_of_two_sizes_in_one_message_are_read(engine: LocalEngine, tmp_path: Path) -> None:
    small, large = picture(tmp_path, 56, 56), picture(tmp_path, 112, 84)
    said, finished = answer(engine, asking(small, large, "What do you see?"))
    assert said
    assert finished.usage is not None
    assert finished.usage.image_tokens == 2 * (2 + 1) + 3 * (4 + 1)


def test_an_answer_at_the_limit_of_new_tokens_says_so(engine: LocalEngine) -> None:
    _, finished = answer(engine, asking("Tell me a story.", settings=replace(GREEDY, max_tokens=3)))
    assert finished.reason == "length"
    assert finished.usage is not None
    assert finished.usage.new_tokens == 3


def test_a_model_that_reasons_gives_its_thought_and_then_its_answer(
    engine: LocalEngine, model: Any, monkeypatch: pytest.MonkeyPatch, thinking_tokenizer: Tokenizer
) -> None:
    tekken = thinking_tokenizer.tekken
    begin, end = (tekken.get_special_token(mark) for mark in ("[THINK]", "[/THINK]"))
    thought, said = (thinking_tokenizer.text_ids(words) for words in ("2 and 2.", "Four."))
    written = iter([begin, *thought, end, *said, tekken.eos_id])
    generate = model.generate

    def reasoning(_: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return torch.full_like(scores, -torch.inf).index_fill(1, torch.tensor([next(written)]), 0.0)

    def made_to_reason(**arguments: Any) -> object:
        return generate(**arguments | {"logits_processor": LogitsProcessorList([reasoning])})

    monkeypatch.setattr(model, "generate", made_to_reason)
    loading: Future[Any] = Future()
    loading.set_result(replace(engine.loading.result(), tokenizer=thinking_tokenizer))
    monkeypatch.setattr(engine, "loading", loading)
    *pieces, finished = [event for event in engine.stream(asking("2 + 2?")) if not isinstance(event, Waiting)]
    assert "".join(piece.text for piece in pieces if isinstance(piece, ThoughtDelta)) == "2 and 2."
    assert text(pieces) == "Four."
    assert isinstance(pieces[0], ThoughtDelta)
    assert isinstance(finished, Finished)
    assert finished.reason == "stop"
    assert finished.usage is not None
    assert finished.usage.new_tokens == len([begin, *thought, end, *said, tekken.eos_id])


@pytest.mark.usefixtures("endless")
def test_closing_the_answer_ends_the_generation_and_frees_the_model(engine: LocalEngine) -> None:
    stream = engine.stream(asking("Tell me a story.", settings=replace(GREEDY, max_tokens=8000)))
    assert any(isinstance(event, TextDelta) for event in stream)  # takes events up to the first text
    (generation,) = engine._queue
    assert not generation.is_over()
    stream.close()
    engine._worker.submit(lambda: None).result(timeout=60)
    assert len(generation.ids) < 8000
    said, _ = answer(engine, asking("Hello"))
    assert said
    assert engine._queue == []


def test_there_is_one_counter_for_a_model(engine: LocalEngine) -> None:
    assert engine.counter() is engine.counter() is not None


def test_requests_wait_in_a_queue_and_are_told_how_many_are_ahead(
    engine: LocalEngine, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate, go_on = model.generate, threading.Event()

    def held(**arguments: Any) -> object:
        assert go_on.wait(30)
        return generate(**arguments)

    monkeypatch.setattr(model, "generate", held)
    streams = [engine.stream(asking("Hello")) for _ in range(3)]
    try:
        first, second, third = (next(stream) for stream in streams)
        assert isinstance(first, Waiting)
        assert "in line" not in first.status
        assert isinstance(second, Waiting)
        assert "2nd in line" in second.status
        assert isinstance(third, Waiting)
        assert "3rd in line" in third.status
    finally:
        go_on.set()
    assert [isinstance(list(stream)[-1], Finished) for stream in streams] == [True] * 3


def test_a_request_that_leaves_the_queue_is_never_run(
    engine: LocalEngine, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate, go_on, runs = model.generate, threading.Event(), []

    def held(**arguments: Any) -> object:
        runs.append(1)
        assert go_on.wait(30)
        return generate(**arguments)

    monkeypatch.setattr(model, "generate", held)
    first, second = engine.stream(asking("Hello")), engine.stream(asking("Hello"))
    try:
        next(first)
        next(second)
        second.close()
    finally:
        go_on.set()
    list(first)
    answer(engine, asking("Hello"))
    assert len(runs) == 2


def test_a_prompt_longer_than_the_context_is_refused_with_both_counts(engine: LocalEngine) -> None:
    with pytest.raises(RequestRejected) as refused:
        list(engine.stream(asking("Many words. " * 9000)))
    taken, room = (int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", str(refused.value)))
    assert room == engine.loading.result().checkpoint.context
    assert taken > room


def test_an_answer_is_cut_to_what_the_context_has_left(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch, endless: None
) -> None:
    _, short = answer(engine, asking("Hello"))
    assert short.usage is not None
    loaded = engine.loading.result()
    tight = replace(loaded, checkpoint=replace(loaded.checkpoint, context=short.usage.prompt_tokens + 5))
    loading: Future[Any] = Future()
    loading.set_result(tight)
    monkeypatch.setattr(engine, "loading", loading)
    _, finished = answer(engine, asking("Hello"))
    assert finished.reason == "length"
    assert finished.usage is not None
    assert finished.usage.new_tokens == 5


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RuntimeError("secret detail"), "failed"),
        (torch.OutOfMemoryError("secret detail"), "out of memory"),
        (RuntimeError("[secret.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory"), "out of memory"),
        (RuntimeError("std::bad_alloc"), "out of memory"),
    ],
)
def test_an_error_inside_the_model_is_told_and_the_next_request_works(
    engine: LocalEngine, model: Any, error: Exception, sentence: str
) -> None:
    def broken(**_: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "generate", broken)
        with pytest.raises(GenerationFailed, match=sentence) as failed:
            list(engine.stream(asking("Hello")))
    assert "secret" not in str(failed.value)
    assert answer(engine, asking("Hello"))[0]


def test_a_model_that_cannot_be_loaded_answers_nobody(monkeypatch: pytest.MonkeyPatch, engine: LocalEngine) -> None:
    loading: Future[Any] = Future()
    loading.set_exception(ModelUnusable("/secret/path is broken."))
    monkeypatch.setattr(engine, "loading", loading)
    with pytest.raises(EngineUnavailable) as unavailable:
        list(engine.stream(asking("Hello")))
    assert "/secret" not in str(unavailable.value)


def test_a_request_during_loading_is_told_so(monkeypatch: pytest.MonkeyPatch, engine: LocalEngine) -> None:
    monkeypatch.setattr(engine, "loading", Future())
    stream = engine.stream(asking("Hello"))
    waiting = next(stream)
    stream.close()
    assert isinstance(waiting, Waiting)
    assert "Loading" in waiting.status


def test_a_closed_engine_says_so_in_a_sentence(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = LocalEngine(find("demo"))
    closed.close()
    monkeypatch.setattr(closed, "loading", engine.loading)
    with pytest.raises(EngineError):
        list(closed.stream(asking("Hello")))
