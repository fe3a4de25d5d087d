"""Whatever breaks in the engine ends in one readable line, and the next request works."""

from typing import Any

import pytest
import torch

from backend.chat.errors import EngineError
from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine

HELLO = ChatRequest(
    messages=(UserMessage((Text("Hello"),)),), settings=GenerationSettings(temperature=0.0, max_tokens=24)
)


def breaks_at(step: int, error: Exception, monkeypatch: pytest.MonkeyPatch, model: Any) -> None:
    """The model's forward pass raises at this step, once."""
    forward, steps = model.forward, iter(range(1, 10**9))

    def broken(*given: Any, **named: Any) -> Any:
        if next(steps) == step:
            raise error
        return forward(*given, **named)

    monkeypatch.setattr(model, "forward", broken)


def text_until_error(engine: LocalEngine) -> tuple[str, str]:
    text = ""
    try:
        for event in engine.stream(HELLO):
            text += event.text if isinstance(event, TextDelta) else ""
    except EngineError as error:
        return text, str(error)
    return text, ""


@pytest.mark.parametrize("step", [1, 7])
@pytest.mark.parametrize(
    "error",
    [RuntimeError("CUDA error at /srv/x.py 0x7f3a"), ValueError("probability tensor contains nan"), KeyError("x")],
    ids=["runtime", "value", "key"],
)
def test_a_fault_in_a_step_is_one_sentence_keeps_what_was_written_and_the_next_request_works(
    step: int, error: Exception, engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        breaks_at(step, error, patch, engine.loading.result().model)
        text, sentence = text_until_error(engine)
    assert sentence == "The model failed while answering. The app's log has the details."
    assert bool(text) == (step > 1)
    assert text_until_error(engine)[1] == ""


def test_out_of_memory_is_named_as_such_and_the_next_ten_requests_pass(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        breaks_at(3, torch.OutOfMemoryError("CUDA out of memory"), patch, engine.loading.result().model)
        _, sentence = text_until_error(engine)
    assert "ran out of memory" in sentence
    assert engine._reader
    assert (engine._reader.prefixes.bytes, engine._reader.features.bytes) == (0, 0)
    assert [text_until_error(engine)[1] for _ in range(10)] == [""] * 10


@pytest.mark.parametrize("when", ["prefill", "decoding"])
def test_a_visitor_who_leaves_frees_the_model_for_the_next(when: str, engine: LocalEngine) -> None:
    long = ChatRequest(
        messages=(UserMessage((Text("word " * (4000 if when == "prefill" else 4)),)),),
        settings=GenerationSettings(temperature=1.5, max_tokens=3000, seed=1),
    )
    stream = engine.stream(long)
    next(event for event in stream if when == "prefill" or isinstance(event, TextDelta))
    (generation,) = engine._queue
    stream.close()
    assert isinstance(list(engine.stream(HELLO))[-1], Finished)
    assert len(generation.ids) < 3000
