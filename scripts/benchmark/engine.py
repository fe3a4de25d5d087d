"""The engine's own cost, against plainer ways to run the same checkpoint.

(a) bare `model.generate`, nothing streamed; (b) the pattern of common demos: the stock TextIteratorStreamer in a
thread, the whole history read anew each turn. Where our own cost is stated in ms, it is the difference for one token:
at the speed of the 24B model (about 30 ms a token on a large GPU) it decides the ratio.
"""

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import PIL.Image
import torch
from transformers import TextIteratorStreamer

from backend.chat import AssistantMessage, Finished, Image, Message, Text, UserMessage
from backend.engine import ChatRequest, TextDelta
from backend.generation import generation_config, seed
from backend.loading import LoadedModel
from backend.local_engine import LocalEngine
from backend.settings import GenerationSettings
from backend.wire import encode
from scripts.benchmark.table import ROOT, Bench, Row

TURNS = 20
PAIRS = 40
LATE = 4000  # tokens before an answer, or some fewer
WORDS = "what do you see and why is it so? "
LONG = GenerationSettings(temperature=1.5, repetition_penalty=1.3, max_tokens=64, seed=5)  # answers that go on
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


def bare(loaded: LoadedModel, request: ChatRequest) -> tuple[float, int]:
    """(a): seconds a token of `generate` alone, after the first, and how many tokens came."""
    inputs = loaded.inputs(encode(request, loaded.tokenizer))
    watch = Stopwatch()
    seed(request.settings)
    loaded.model.generate(**inputs, generation_config=generation_config(loaded, request.settings), streamer=watch)
    count = len(watch.times) - 1
    return (watch.times[-1] - watch.times[1]) / max(1, count - 1), count


def streamed(engine: LocalEngine, request: ChatRequest) -> tuple[float, float, str]:
    """(seconds to the first token, seconds a token after it, the text) through the engine."""
    text, last = "", None
    for event in engine.stream(request):
        text += event.text if isinstance(event, TextDelta) else ""
        last = event
    assert isinstance(last, Finished)
    assert last.usage
    return last.usage.seconds_to_first_token or 0.0, 1 / (last.usage.tokens_per_second or 1e9), text


class Stock:
    """What the stock streamer asks of a tokenizer, over the Tekken tokenizer."""

    def __init__(self, loaded: LoadedModel) -> None:
        self._tekken = loaded.tekken

    def decode(self, ids: Any, **_: Any) -> str:
        text: str = self._tekken.decode([int(i) for i in ids])
        return text


def naive(loaded: LoadedModel, request: ChatRequest, tokens: int) -> float:
    """(b): seconds to the first token."""
    streamer = TextIteratorStreamer(Stock(loaded), skip_prompt=True)  # type: ignore[arg-type]
    start = time.perf_counter()
    inputs = loaded.inputs(encode(request, loaded.tokenizer))
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
        request = ChatRequest(SYSTEM, messages, settings=settings, conversation=name)
        seconds, _, text = streamed(engine, request)
        first.append(seconds)
        messages = (*messages, AssistantMessage(text or "…"))
    return first, request


def stop_to_idle(engine: LocalEngine, request: ChatRequest) -> float:
    """Seconds from closing a stream until the worker is free."""
    stream = engine.stream(request)
    next(event for event in stream if isinstance(event, TextDelta))
    start = time.perf_counter()
    stream.close()
    engine._worker.submit(lambda: None).result()
    return time.perf_counter() - start


def next_start(engine: LocalEngine, request: ChatRequest) -> float:
    """Seconds from the end of one visitor's answer to the first token of the next one's, who waited."""
    short = replace(request, settings=replace(request.settings, max_tokens=64))
    ends: dict[str, float] = {}

    def run(name: str) -> None:
        for event in engine.stream(short):
            if isinstance(event, TextDelta):
                ends.setdefault(f"{name} first", time.perf_counter())
        ends[f"{name} end"] = time.perf_counter()

    threads = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    return ends["two first"] - ends["one end"]


def server_mode_import() -> tuple[float, bool]:
    """(seconds to import what server mode needs, whether torch came with it)."""
    code = "import app, backend.server_engine, ui.page, sys; print('torch' in sys.modules)"
    start = time.perf_counter()
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, "True" in out.stdout


def rows(bench: Bench) -> Iterator[Row]:
    """What the engine adds to `generate`, and what it saves over a conversation."""
    engine, loaded = bench.engine, bench.loaded
    hello = UserMessage((Text("Hello"),))
    yield from _token(bench, ChatRequest("", (hello,), settings=LONG), PAIRS)
    much = UserMessage((Text(WORDS * (LATE // len(loaded.tekken.encode(WORDS, bos=False, eos=False)))),))
    yield from _token(bench, ChatRequest("", (much,), settings=LONG), PAIRS // 4)
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
    request = ChatRequest("", (hello,), settings=replace(LONG, max_tokens=bench.tokens))
    ours = streamed(engine, request)[1]
    stop, following = stop_to_idle(engine, request), next_start(engine, request)
    yield Row("Stop to idle", f"{stop * 1000:.1f} ms", f"{stop / ours:.1f} tokens (target 1 step)")
    yield Row("next visitor's first token after an answer", f"{following * 1000:.0f} ms", "target 50")
    seconds, with_torch = server_mode_import()
    imported = "imported" if with_torch else "not imported"
    yield Row("import of server mode", f"{seconds:.1f} s, torch {imported}", "target 3 s")


def _token(bench: Bench, request: ChatRequest, pairs: int) -> Iterator[Row]:
    """A token, bare and through the engine, in pairs of short answers with the same ids.

    Our cost is the median of the pairs' differences: what disturbs a shared machine lasts longer than a pair.
    """
    base: list[float] = []
    costs: list[float] = []
    for number in range(40 * pairs):  # the model ends most too early to tell
        one = replace(request, settings=replace(request.settings, seed=number), conversation=str(number))
        before = streamed(bench.engine, one)[1] if number % 2 else 0.0
        seconds, count = bare(bench.loaded, one)
        if count >= request.settings.max_tokens / 2:
            base.append(seconds * 1000)
            costs.append(((before or streamed(bench.engine, one)[1]) - seconds) * 1000)
        if len(costs) == pairs:
            break
    after = f"a token after {len(encode(request, bench.loaded.tokenizer).tokens):,}"
    if len(costs) < pairs:
        yield Row(after, "not measured", "the model's answers are too short")
        return
    cost, (low, _, high) = statistics.median(costs), statistics.quantiles(costs, n=4)
    yield Row(f"{after}, bare generate (a)", f"{statistics.median(base):.2f} ms", "1.00")
    yield Row(
        f"{after}, what the engine adds",
        f"{cost:.2f} ms (the middle half of {pairs}: {low:.2f} to {high:.2f})",
        f"target 0.5 ms; at 30 ms a token {30 / (30 + max(0.0, cost)):.3f} of (a)",
    )


def picture_files(folder: Path) -> list[Image]:
    """Three plain pictures of 224 x 224."""
    pictures = []
    for number, colour in enumerate(("red", "green", "blue")):
        PIL.Image.new("RGB", (224, 224), colour).save(folder / f"{number}.png")
        pictures.append(Image(str(folder / f"{number}.png"), 224, 224))
    return pictures
