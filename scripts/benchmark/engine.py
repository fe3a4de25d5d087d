"""The engine's own cost, against plainer ways to run the same checkpoint.

(a) bare `model.generate`, nothing streamed; (b) the pattern of common demos: the stock TextIteratorStreamer in a
thread, the whole history read anew each turn. Where our own cost is stated in ms, it is the difference for one token:
at the speed of the 24B model (about 30 ms a token on a large GPU) it decides the ratio.
"""

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import PIL.Image
import torch
from transformers import DynamicCache, TextIteratorStreamer

from backend.chat.messages import AssistantMessage, Finished, Image, Message, Text, Usage, UserMessage
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.engines.local.generation import generation_config, seed
from backend.engines.local.kv_cache import growing_cache
from backend.engines.local.loading import LoadedModel
from scripts.benchmark import waits
from scripts.benchmark.packed import packed
from scripts.benchmark.table import Bench, Row, middle
from scripts.benchmark.whole import whole_inputs

TURNS = 20
PAIRS = 48  # a multiple of the ORDERS' number, and so is its quarter, for late answers
ORDERS = tuple(itertools.permutations(range(3)))  # of the three ways to answer, so that none gains by its place
LATE = 4000  # tokens before an answer, or some fewer
WORDS = "what do you see and why is it so? "
LONG = GenerationSettings(temperature=2.0, repetition_penalty=1.3, max_tokens=64, seed=5)  # many an answer goes on
SYSTEM = "You are a careful assistant. " * 10


class Stopwatch:
    """In the place of a streamer: when the tokens came."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def put(self, _: object) -> None:
        """Called with the prompt, then with each token."""
        self.times.append(time.perf_counter())

    def end(self) -> None:
        """Nothing is to be ended."""


def bare(loaded: LoadedModel, request: ChatRequest, cache: DynamicCache | None = None) -> tuple[float, int]:
    """(a): seconds a token of `generate` alone, after the first, and how many tokens came.

    Without a cache of ours `generate` makes its own, a stock DynamicCache.
    """
    inputs = whole_inputs(loaded, loaded.tokenizer.encode(request))
    watch = Stopwatch()
    seed(request.settings)
    given = {} if cache is None else {"past_key_values": cache}
    config = generation_config(loaded.tokenizer, request.settings)
    loaded.model.generate(**inputs, **given, generation_config=config, streamer=watch)
    count = len(watch.times) - 1
    return (watch.times[-1] - watch.times[1]) / max(1, count - 1), count


def answered(engine: LocalEngine, request: ChatRequest) -> tuple[Usage, str]:
    """(what the answer took, its text) through the engine."""
    text, last = "", None
    for event in engine.stream(request):
        text += event.text if isinstance(event, TextDelta) else ""
        last = event
    assert isinstance(last, Finished)
    assert last.usage
    return last.usage, text


def streamed(engine: LocalEngine, request: ChatRequest) -> tuple[float, float, str]:
    """(seconds to the first token, seconds a token after it, the text) through the engine."""
    usage, text = answered(engine, request)
    return usage.seconds_to_first_token or 0.0, _pace(usage), text


def _pace(usage: Usage) -> float:
    """Seconds a token after the first; nearly 0 where there was only one."""
    return 1 / (usage.tokens_per_second or 1e9)


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


def rows(bench: Bench) -> Iterator[Row]:
    """What the engine adds to `generate`, and what it saves over a conversation."""
    engine, loaded = bench.engine, bench.loaded
    hello = ChatRequest("", (UserMessage((Text("Hello"),)),), settings=LONG)
    yield from _token(bench, hello, PAIRS)
    yield from _token(bench, replace(hello, messages=(long_message(loaded, LATE),)), PAIRS // 4)
    times = talks(engine, loaded, picture_files(bench.folder))
    late = times[f"turn {TURNS}"]
    yield Row(
        f"first token, turn {TURNS} of turn 2, 3 pictures",
        f"{late * 1000:.0f} of {times['turn 2'] * 1000:.0f} ms",
        f"{late / times['turn 2']:.2f} (target 1.5)",
    )
    around, before = times[f"turn {TURNS} around"], times["turn 2 around"]
    yield Row(
        "of it what is not the model's own forward pass",
        f"{around * 1000:.1f} of {before * 1000:.1f} ms",
        f"{around / before:.2f}",
    )
    yield Row(
        f"first token, turn {TURNS}, (b) of ours",
        f"{times['naive'] * 1000:.0f} of {late * 1000:.0f} ms",
        f"{times['naive'] / late:.1f} times (target 10)",
    )
    request = next(long_answers(loaded, hello), hello)
    step = statistics.median(streamed(engine, request)[1] for _ in range(waits.ROUNDS))
    yield from waits.rows(engine, request, step)


def long_message(loaded: LoadedModel, tokens: int) -> UserMessage:
    """WORDS, as often as they fit into so many tokens."""
    return UserMessage((Text(WORDS * (tokens // len(loaded.tokenizer.text_ids(WORDS)))),))


def long_answers(loaded: LoadedModel, request: ChatRequest, seeds: int = 400) -> Iterator[ChatRequest]:
    """The request with each of so many seeds whose answer takes at least half of its room: most end too early to tell.

    Each is a conversation of its own, so that the engine keeps nothing of one for another.
    """
    for number in range(seeds):
        settings = replace(request.settings, seed=number)
        one = replace(request, settings=settings, owner=str(number))
        if bare(loaded, one)[1] >= settings.max_tokens / 2:
            yield one


@dataclass(frozen=True)
class Ways:
    """Seconds a token of one answer: stock bare `generate`, the same with our growing cache, and the engine."""

    stock: float
    growing: float
    engine: float


def _ways(bench: Bench, request: ChatRequest, order: tuple[int, ...]) -> Ways | None:
    """One answer in each of the three ways; None where they are not of as many tokens, since then nothing compares."""
    loaded = bench.loaded

    def growing() -> tuple[float, int]:
        return bare(loaded, request, growing_cache(loaded.model.config.get_text_config()))

    def engine() -> tuple[float, int]:
        usage = answered(bench.engine, request)[0]
        return _pace(usage), usage.new_tokens

    ways: tuple[Callable[[], tuple[float, int]], ...] = (lambda: bare(loaded, request), growing, engine)
    found = {number: ways[number]() for number in order}
    alike = len({count for _, count in found.values()}) == 1
    return Ways(*(found[number][0] for number in range(3))) if alike else None


def _pairs(bench: Bench, request: ChatRequest, pairs: int) -> tuple[list[Ways], int]:
    """(so many answers each in three ways, or fewer where the model's are too short; how many were of unlike length)"""
    found: list[Ways] = []
    unlike = 0
    for one in long_answers(bench.loaded, request, 40 * pairs):
        ways = _ways(bench, one, ORDERS[len(found) % len(ORDERS)])
        found += [ways] if ways else []
        unlike += not ways
        if len(found) == pairs or unlike > pairs:
            break
    return found, unlike


def _token(bench: Bench, request: ChatRequest, pairs: int) -> Iterator[Row]:
    """A token in three ways, in pairs of short answers with the same seed and as many tokens: what the engine adds to
    stock bare `generate`, and of it what our cache adds and what the streaming does, with the thread and the stop.

    Each is the median of the pairs' differences: what disturbs a shared machine lasts longer than a pair. The two
    parts' medians need not add up to the whole's.
    """
    found, unlike = _pairs(bench, request, pairs)
    after = f"a token after {len(bench.loaded.tokenizer.encode(request).tokens):,}"
    if len(found) < pairs:
        why = f"{len(found)} of {pairs} answers were long enough and alike; {unlike} differed in length"
        yield Row(after, "not measured", why)
        return
    left_out = f"; {unlike} of unlike length left out" if unlike else ""
    whole = [one.engine - one.stock for one in found]
    cost = statistics.median(whole) * 1000
    yield Row(f"{after}, bare generate (a)", f"{statistics.median(one.stock for one in found) * 1000:.2f} ms", "1.00")
    yield Row(
        f"{after}, what the engine adds",
        middle(whole, 2) + left_out,
        f"target 0.5 ms; at 30 ms a token {30 / (30 + max(0.0, cost)):.3f} of (a)",
    )
    yield Row("of it our growing cache", middle([one.growing - one.stock for one in found], 2), "below 0 it saves")
    yield Row("of it streaming, thread and stop", middle([one.engine - one.growing for one in found], 2), "")


def picture_files(folder: Path) -> list[Image]:
    """Three plain pictures of 224 x 224."""
    pictures = []
    for number, colour in enumerate(("red", "green", "blue")):
        PIL.Image.new("RGB", (224, 224), colour).save(folder / f"{number}.png")
        pictures.append(Image(str(folder / f"{number}.png"), 224, 224))
    return pictures
