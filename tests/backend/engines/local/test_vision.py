"""Pictures on their way through the vision tower: one after the other, each in its own size."""

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch

from backend.chat.messages import AssistantMessage, Finished, UserMessage
from backend.chat.parts import Image, Part, Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.engines.local.loading import LoadedModel
from backend.engines.local.vision import PictureFeatures, features_of
from backend.tokenization.pictures import ModelPicture
from scripts.benchmark.packed import packed
from scripts.benchmark.whole import whole_inputs

GREEDY = GenerationSettings(temperature=0.0, max_tokens=24)
SIZES = ((56, 84), (112, 56), (84, 140))  # width and height, multiples of a cell


@pytest.fixture(scope="module")
def loaded(engine: LocalEngine) -> LoadedModel:
    return engine.loading.result()


@pytest.fixture(autouse=True)
def nothing_kept(engine: LocalEngine) -> None:
    engine._reader = None


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Image]:
    """Noise, so that each has features of its own."""
    folder, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(3)
    found = []
    for number, (width, height) in enumerate(SIZES):
        file = folder / f"{number}.png"
        PIL.Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(file)
        found.append(Image(str(file), width, height))
    return found


def said(*parts: Part | str) -> UserMessage:
    return UserMessage(tuple(Text(part) if isinstance(part, str) else part for part in parts))


def asking(*messages: Any) -> ChatRequest:
    return ChatRequest(messages=messages, settings=GREEDY, owner="mine")


@contextmanager
def watched(loaded: LoadedModel) -> Iterator[list[tuple[int, ...]]]:
    """The shapes of what the tower is given meanwhile; at each call nothing of an earlier one is in memory."""
    seen: list[tuple[int, ...]] = []
    earlier: list[weakref.ref[torch.Tensor]] = []

    def look(_: object, args: tuple[torch.Tensor, ...], fields: dict[str, Any]) -> None:
        pixels = args[0] if args else fields["pixel_values"]
        assert not any(ref() is not None for ref in earlier)
        earlier.append(weakref.ref(pixels))
        seen.append(tuple(pixels.shape))
        assert [tuple(size) for size in fields["image_sizes"].tolist()] == [pixels.shape[2:]]

    hook = loaded.model.model.vision_tower.register_forward_pre_hook(look, with_kwargs=True)
    try:
        yield seen
    finally:
        hook.remove()


def answer(engine: LocalEngine, request: ChatRequest) -> str:
    return "".join(event.text for event in engine.stream(request) if isinstance(event, TextDelta))


def test_each_picture_is_seen_alone_and_once_and_later_turns_see_the_new_ones_only(
    engine: LocalEngine, loaded: LoadedModel, pictures: list[Image]
) -> None:
    first = said(pictures[0], "What is this?", pictures[1])
    with watched(loaded) as seen:
        told = answer(engine, asking(first))
        assert seen == [(1, 3, height, width) for width, height in SIZES[:2]]
        seen.clear()
        answer(engine, asking(first, AssistantMessage(told), said(pictures[2], "And this?")))
        assert seen == [(1, 3, SIZES[2][1], SIZES[2][0])]


def test_the_model_reads_the_same_as_of_pictures_that_are_padded_and_packed(
    engine: LocalEngine, loaded: LoadedModel, pictures: list[Image]
) -> None:
    request = asking(said(pictures[0], "One", pictures[1], "two", pictures[2], "What are these three?"))
    prompt = loaded.tokenizer.encode(request)
    together = packed(loaded, prompt)
    with torch.no_grad():
        alone = loaded.model(**whole_inputs(loaded, prompt)).logits.float()
        expected = loaded.model(**together).logits.float()
    # Between neighbouring numbers of that size; in float32 sums in another order come to some steps more.
    steps = 2 if loaded.model.dtype == torch.bfloat16 else 64
    assert (alone - expected).abs().max() <= steps * torch.finfo(loaded.model.dtype).eps * expected.abs().max()
    written = loaded.model.generate(**together, max_new_tokens=24, do_sample=False, pad_token_id=11)
    new = written[0, len(prompt.tokens) :].tolist()
    assert answer(engine, request) == loaded.tokenizer.decode(new)


def test_stop_is_heard_between_two_pictures(engine: LocalEngine, loaded: LoadedModel, pictures: list[Image]) -> None:
    begun, go_on, calls = threading.Event(), threading.Event(), []

    def hold(*_: object) -> None:
        calls.append(1)
        begun.set()
        assert go_on.wait(30)

    hook = loaded.model.model.vision_tower.register_forward_pre_hook(hold)
    stream = engine.stream(asking(said(*pictures, "Stop while the first is looked at.")))
    next(stream)
    assert begun.wait(30)
    stream.close()
    go_on.set()
    engine._worker.submit(lambda: None).result(timeout=30)
    hook.remove()
    assert calls == [1]
    assert answer(engine, asking(said("Hello")))


def test_the_time_limit_is_heard_before_a_picture_and_what_was_kept_of_earlier_turns_stays(
    engine: LocalEngine, loaded: LoadedModel, pictures: list[Image]
) -> None:
    first = said("Tell me about yourself, and what it is that you can do for me. " * 3)
    told = answer(engine, asking(first))
    later = asking(first, AssistantMessage(told), said(pictures[0], "What is this?"))
    with watched(loaded) as seen:
        *_, last = engine.stream(later, max_seconds=0)
        assert seen == []
    assert isinstance(last, Finished)
    assert (last.reason, last.usage and last.usage.new_tokens) == ("time", 0)
    *_, last = engine.stream(later)
    assert isinstance(last, Finished)
    assert last.usage
    assert last.usage.reused_tokens > 40


def test_features_that_were_not_used_for_longest_go_first(loaded: LoadedModel, pictures: list[Image]) -> None:
    models = [ModelPicture.of(picture.path, picture.width, picture.height) for picture in pictures]
    sizes = [features_of(loaded.model, picture).nbytes for picture in models]
    kept = PictureFeatures(sizes[0] + max(sizes[1:]))
    with watched(loaded) as seen:
        for number in (0, 1, 0, 2, 0, 1):
            assert kept.of(loaded.model, models[number]).nbytes == sizes[number]
            assert kept.bytes <= sizes[0] + max(sizes[1:])
    assert [shape[2:] for shape in seen] == [SIZES[number][::-1] for number in (0, 1, 2, 1)]


def test_features_larger_than_all_that_may_be_kept_are_not(loaded: LoadedModel, pictures: list[Image]) -> None:
    kept = PictureFeatures(1)
    picture = ModelPicture.of(pictures[0].path, pictures[0].width, pictures[0].height)
    assert kept.of(loaded.model, picture).equal(kept.of(loaded.model, picture))
    assert kept.bytes == 0
