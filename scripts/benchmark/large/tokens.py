"""A token of an answer, beside the bandwidth of memory: of plain `generate`, and through the app's engine."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import torch

from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.engines.local.generation import generation_config
from backend.engines.local.loading import LoadedModel
from scripts.benchmark.answers import Stopwatch, answered
from scripts.benchmark.large.subject import Subject
from scripts.benchmark.table import Row
from scripts.benchmark.whole import whole_inputs

DATASHEET = {"H100": 3.35e12, "H200": 4.8e12}  # bytes a second, of the SXM parts
RUNS = 3


def rows(subject: Subject, precision: str = "bf16") -> Iterator[Row]:
    """Eager, then through the engine."""
    loaded, request = subject.loaded, asked(subject)
    seconds = min(decode_seconds(loaded, request) for _ in range(RUNS))
    yield beside_bandwidth(subject, f"a token in {precision}, eager", seconds)
    with closing(LocalEngine(loaded)) as engine:
        ours = engine_seconds(engine, request)
    added = f"the engine adds {(ours - seconds) * 1000:.2f} ms, {seconds / ours:.3f} of eager"
    yield Row(f"a token in {precision}, through the engine", f"{ours * 1000:.2f} ms", added)


def asked(subject: Subject) -> ChatRequest:
    """For a short prompt's long answer."""
    settings = GenerationSettings(temperature=0.0, max_tokens=subject.amounts.answer)
    return ChatRequest("", (UserMessage((Text("Hello"),)),), settings=settings)


def engine_seconds(engine: LocalEngine, request: ChatRequest) -> float:
    """Seconds a token of the fastest of some answers through it; one whose speed is not known is not that."""
    return min(1 / (answered(engine, request)[0].tokens_per_second or 1e-9) for _ in range(RUNS))


def decode_seconds(loaded: LoadedModel, request: ChatRequest, **options: Any) -> float:
    """Seconds a token of plain `generate`, after the first. `options` are fields of its configuration."""
    inputs, watch = whole_inputs(loaded, loaded.tokenizer.encode(request)), Stopwatch()
    settings = generation_config(loaded.tokenizer, request.settings)
    settings.update(**options)
    loaded.model.generate(**inputs, generation_config=settings, streamer=watch)
    assert len(watch.times) == request.settings.max_tokens + 1, "an answer ended early"
    return (watch.times[-1] - watch.times[1]) / (len(watch.times) - 2)


def beside_bandwidth(subject: Subject, what: str, seconds: float) -> Row:
    """What part of the bandwidth reading the weights in this time is."""
    weights = read_bytes(subject.loaded.model)
    name = torch.cuda.get_device_name(subject.device) if subject.device.type == "cuda" else ""
    rates = [rate for known, rate in DATASHEET.items() if known in name]
    paper = "".join(f", {weights / rate / seconds:.0%} of the datasheet's" for rate in rates)
    return Row(
        what,
        f"{seconds * 1000:.2f} ms; {weights / 1e9:.3g} GB of weights",
        f"{weights / subject.ceilings.bandwidth / seconds:.0%} of the measured bandwidth{paper} (target 70 %)",
    )


def read_bytes(model: Any) -> int:
    """That are read for a token: the decoder's without the embeddings, of which one row is, and the head's."""
    text = model.model.language_model
    read = sum(weight.nbytes for part in (text, model.lm_head) for weight in part.parameters())
    return int(read - text.embed_tokens.weight.nbytes)
