"""How fast the engine is against plainer ways to run the same checkpoint, as ratios in one run.

python scripts/benchmark.py [--model demo] [--threads 1]

(a) bare `model.generate`, nothing streamed; (b) the pattern of common demos: the stock TextIteratorStreamer in a thread,
the whole history read anew each turn. Where our own cost is stated in ms, it is the difference for one token: at the
speed of the 24B model (about 30 ms a token on a large GPU) it decides the ratio.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import PIL.Image  # noqa: E402
import torch  # noqa: E402
from transformers import TextIteratorStreamer  # noqa: E402

from backend.chat import AssistantMessage, Finished, Image, Message, Text, UserMessage  # noqa: E402
from backend.engine import ChatRequest, TextDelta  # noqa: E402
from backend.loading import LoadedModel  # noqa: E402
from backend.local_engine import LocalEngine  # noqa: E402
from backend.models import find  # noqa: E402
from backend.settings import GenerationSettings  # noqa: E402
from backend.wire import encode  # noqa: E402

LONG = 1024  # tokens of a long answer; 4096 with --long
TURNS = 20
SYSTEM = "You are a careful assistant. " * 10


def bare(loaded: LoadedModel, request: ChatRequest, tokens: int) -> float:
    """(a): seconds a token of `generate` alone, after the first."""
    inputs = loaded.inputs(encode(request, loaded.tokenizer))
    times = []
    for count in (1, tokens):
        start = time.perf_counter()
        loaded.model.generate(**inputs, max_new_tokens=count, min_new_tokens=count, do_sample=False, pad_token_id=11)
        times.append(time.perf_counter() - start)
    return (times[1] - times[0]) / (tokens - 1)


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


def talk(engine: LocalEngine, loaded: LoadedModel, pictures: list[Image]) -> dict[str, float]:
    """Times to the first token in turns 2 and TURNS of a conversation with three pictures, ours and (b)'s."""
    messages: tuple[Message, ...] = ()
    first: dict[int, float] = {}
    settings = GenerationSettings(temperature=0.0, max_tokens=24)
    for turn in range(1, TURNS + 1):
        shown = (pictures[turn // 5],) if turn in (1, 6, 11) else ()
        messages = (
            *messages,
            UserMessage((*shown, Text(f"Question {turn}: " + "what do you see and why is it so? " * 4))),
        )
        request = ChatRequest(SYSTEM, messages, settings=settings)
        first[turn], _, text = streamed(engine, request)
        messages = (*messages, AssistantMessage(text or "…"))
    return {"turn 2": first[2], f"turn {TURNS}": first[TURNS], "naive": naive(loaded, request, 4)}


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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="demo")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=LONG)
    args = parser.parse_args()
    engine = LocalEngine(find(args.model))
    loaded = engine.loading.result()
    torch.set_num_threads(args.threads)
    engine._worker.submit(torch.set_num_threads, args.threads).result()
    folder = Path(tempfile.mkdtemp())
    pictures = []
    for number, colour in enumerate(("red", "green", "blue")):
        PIL.Image.new("RGB", (224, 224), colour).save(folder / f"{number}.png")
        pictures.append(Image(str(folder / f"{number}.png"), 224, 224))
    endless = GenerationSettings(temperature=1.5, max_tokens=args.tokens, seed=5, repetition_penalty=1.3)
    request = ChatRequest("", (UserMessage((Text("Hello"),)),), settings=endless)
    eos = loaded.model.generation_config.eos_token_id
    loaded.model.generation_config.eos_token_id = None
    streamed(engine, request)
    base = statistics.median(bare(loaded, request, args.tokens) for _ in range(3))
    loaded.model.generation_config.eos_token_id = eos
    rates = [streamed(engine, replace(request, settings=replace(endless, seed=seed)))[1] for seed in range(3)]
    ours = statistics.median(rates)
    cost = (ours - base) * 1000
    times = talk(engine, loaded, pictures)
    late = times[f"turn {TURNS}"]
    stop, following = stop_to_idle(engine, request), next_start(engine, request)
    seconds, with_torch = server_mode_import()
    print("| what | measured | ratio or target |\n|---|---|---|")
    print(f"| a token, bare generate (a) | {base * 1000:.2f} ms | 1.00 |")
    print(
        f"| a token through the engine | {ours * 1000:.2f} ms | our cost {cost:.2f} ms (target 0.5); at 30 ms a token {30 / (30 + max(0, cost)):.3f} of (a) |"
    )
    print(
        f"| first token, turn {TURNS} of turn 2, 3 pictures | {late * 1000:.0f} of {times['turn 2'] * 1000:.0f} ms | {late / times['turn 2']:.2f} (target 1.5) |"
    )
    print(
        f"| first token, turn {TURNS}, (b) of ours | {times['naive'] * 1000:.0f} of {late * 1000:.0f} ms | {times['naive'] / late:.1f} times (target 10) |"
    )
    print(f"| Stop to idle | {stop * 1000:.1f} ms | {stop / ours:.1f} tokens (target 1 step) |")
    print(f"| next visitor's first token after an answer | {following * 1000:.0f} ms | target 50 |")
    print(
        f"| import of server mode | {seconds:.1f} s, torch {'imported' if with_torch else 'not imported'} | target 3 s |"
    )
    engine.close()


if __name__ == "__main__":
    main()
