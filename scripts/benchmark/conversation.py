"""A conversation with three pictures: when the first token of a turn comes, ours and where the history is read anew."""

import statistics
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import PIL.Image
import torch
from transformers import TextIteratorStreamer

from backend.chat.messages import AssistantMessage, Message, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.engines.local.loading import LoadedModel
from scripts.benchmark.answers import WORDS, streamed
from scripts.benchmark.packed import packed
from scripts.benchmark.table import Row

TURNS = 20
SYSTEM = "You are a careful assistant. " * 10


class Stock:
    """What the stock streamer asks of a tokenizer, over the Tekken tokenizer."""

    def __init__(self, loaded: LoadedModel) -> None:
        self._tokenizer = loaded.tokenizer

    def decode(self, ids: Any, **_: Any) -> str:
        return self._tokenizer.decode([int(i) for i in ids])


def naive(loaded: LoadedModel, request: ChatRequest, tokens: int) -> float:
    """(b): seconds to the first token."""
    streamer = TextIteratorStreamer(Stock(loaded), skip_prompt=True)  # type: ignore[arg-type]
    start = time.perf_counter()
    inputs = packed(loaded, loaded.tokenizer.encode(request))
    options = {"max_new_tokens": tokens, "do_sample": False, "pad_token_id": 11, "streamer": streamer}
    thread = threading.Thread(target=loaded.model.generate, kwargs=inputs | options)
    thread.start()
    first = None
    for _ in streamer:
        first = first or time.perf_counter() - start
    thread.join()
    return first or 0.0


class Prefill:
    """Seconds of the model's own forward pass over each prompt, while it watches."""

    def __init__(self, model: Any) -> None:
        self.seconds: list[float] = []
        self._model, self._begun = model, 0.0

    def __enter__(self) -> "Prefill":
        before = self._model.register_forward_pre_hook(self._begin, with_kwargs=True)
        self._hooks = before, self._model.register_forward_hook(self._end, with_kwargs=True)
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def _begin(self, *_: object) -> None:
        self._begun = _now()

    def _end(self, _model: object, _args: object, kwargs: dict[str, Any], _out: object) -> None:
        if kwargs["input_ids"].shape[1] > 1:
            self.seconds.append(_now() - self._begun)


def _now() -> float:
    """Seconds, once a GPU has done what it was asked."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def talks(engine: LocalEngine, loaded: LoadedModel, pictures: list[Image], count: int = 5) -> dict[str, float]:
    """Medians of so many conversations."""
    found = [talk(engine, loaded, pictures, str(number)) for number in range(count)]
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def late_row(what: str, times: Mapping[str, float]) -> Row:
    """The last turn beside an early one."""
    early, late = times["turn 2"], times[f"turn {TURNS}"]
    return Row(what, f"{late * 1000:.0f} of {early * 1000:.0f} ms", f"{late / early:.2f} (target 1.5)")


def naive_row(what: str, times: Mapping[str, float]) -> Row:
    """(b) beside ours."""
    late, anew = times[f"turn {TURNS}"], times["naive"]
    return Row(what, f"{anew * 1000:.0f} of {late * 1000:.0f} ms", f"{anew / late:.1f} times (target 10)")


def talk(engine: LocalEngine, loaded: LoadedModel, pictures: list[Image], name: str) -> dict[str, float]:
    """Times to the first token in turns 2 and TURNS of a conversation with three pictures, ours and (b)'s; and what of
    ours is not the model's own forward pass."""
    with Prefill(loaded.model) as prefill:
        first, request = _turns(engine, pictures, name)
    around = [whole - model for whole, model in zip(first, prefill.seconds, strict=True)]
    return {
        "turn 2": first[1],
        "turn 2 around": around[1],
        f"turn {TURNS}": first[-1],
        f"turn {TURNS} around": around[-1],
        "naive": naive(loaded, request, 4),
    }


def _turns(engine: LocalEngine, pictures: list[Image], name: str) -> tuple[list[float], ChatRequest]:
    """(seconds to the first token of each turn, the last request)."""
    messages: tuple[Message, ...] = ()
    first: list[float] = []
    settings = GenerationSettings(temperature=0.0, max_tokens=24)
    for turn in range(1, TURNS + 1):
        shown = (pictures[turn // 5],) if turn in (1, 6, 11) else ()
        messages = (
            *messages,
            UserMessage((*shown, Text(f"Question {turn}: " + WORDS * 4))),
        )
        request = ChatRequest(SYSTEM, messages, settings=settings, owner=name)
        seconds, _, text = streamed(engine, request)
        first.append(seconds)
        messages = (*messages, AssistantMessage(text or "…"))
    return first, request


def picture_files(folder: Path) -> list[Image]:
    """Three plain pictures of 224 x 224."""
    pictures = []
    for number, colour in enumerate(("red", "green", "blue")):
        PIL.Image.new("RGB", (224, 224), colour).save(folder / f"{number}.png")
        pictures.append(Image(str(folder / f"{number}.png"), 224, 224))
    return pictures
