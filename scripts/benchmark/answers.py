"""One answer, of plain `generate` or through the engine: seconds a token, its text; and what asks for a long one."""

import time
from collections.abc import Iterator
from dataclasses import replace

from transformers import DynamicCache

from backend.chat.messages import Finished, Usage, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.engines.local.generation import generation_config, seed
from backend.engines.local.loading import LoadedModel
from scripts.benchmark.whole import whole_inputs

WORDS = "what do you see and why is it so? "
LONG = GenerationSettings(temperature=2.0, repetition_penalty=1.3, max_tokens=64, seed=5)  # many an answer goes on


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
    return usage.seconds_to_first_token or 0.0, pace(usage), text


def pace(usage: Usage) -> float:
    """Seconds a token after the first; nearly 0 where there was only one."""
    return 1 / (usage.tokens_per_second or 1e9)


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
