"""Tokens by steps that always work at the same addresses: the same answers as by a forward pass for each."""

from collections.abc import Iterator
from itertools import count
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from transformers import Mistral3Config, Mistral3ForConditionalGeneration

from backend.chat.messages import AssistantMessage, Finished, ToolCall, ToolSpec, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local import reading as reading_module
from backend.engines.local.decode import steps as steps_module
from backend.engines.local.decode.proof import Tried, alike, compared, proven
from backend.engines.local.decode.steps import Steps, forward
from backend.engines.local.decode.workspace import Workspace, workspace_bytes
from backend.engines.local.engine import LocalEngine
from backend.engines.local.kv_cache import growing_cache
from backend.engines.local.loading import LoadedModel
from backend.engines.local.prefill import Interrupted
from scripts.checkpoint import SHAPES as SIZES
from tests.conftest import SHAPES

ROOM = 64  # tokens: the answers below outgrow it, some twice
GREEDY = GenerationSettings(temperature=0.0, max_tokens=90)
SAMPLED = GenerationSettings(temperature=1.0, top_p=0.95, top_k=40, max_tokens=90, seed=7)
OBJECT = '{"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}'
WEATHER = ToolSpec("get_weather", "The weather.", '{"type": "object", "properties": {"city": {"type": "string"}}}')


@pytest.fixture(scope="module")
def loaded(engine: LocalEngine) -> LoadedModel:
    return engine.loading.result()


@pytest.fixture
def stepping(engine: LocalEngine, loaded: LoadedModel) -> Iterator[LocalEngine]:
    """An engine that answers by steps; the other one forgets what it has read, so that both begin alike."""
    engine._reader = None
    ours = LocalEngine(loaded)
    ours._steps = Steps(loaded.model, ROOM)
    yield ours
    ours.close()


def asking(text: str, settings: GenerationSettings = GREEDY, **more: Any) -> ChatRequest:
    return ChatRequest("", (UserMessage((*more.pop("images", ()), Text(text))),), settings=settings, **more)


def outcome(engine: LocalEngine, request: ChatRequest) -> tuple[str, list[tuple[str, str]], tuple[object, ...]]:
    """The text, the calls, and how it ended, without what is measured in seconds."""
    events = list(engine.stream(request))
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.usage
    calls = [(event.name, event.arguments) for event in events if isinstance(event, ToolCall)]
    return text, calls, (last.reason, last.usage.prompt_tokens, last.usage.new_tokens, last.usage.reused_tokens)


@pytest.mark.parametrize(
    "request_",
    [
        asking("Count from 1 to 40."),
        asking("Tell me a long story.", SAMPLED),
        asking("Tell me a long story.", GenerationSettings(temperature=0.6, min_p=0.02, max_tokens=90, seed=3)),
        asking("Count from 1 to 40.", GenerationSettings(temperature=0.0, repetition_penalty=1.3, max_tokens=90)),
        asking("A colour, please.", GenerationSettings(temperature=0.0, json_schema=OBJECT, max_tokens=90)),
        asking("How is the weather in Paris?", tools=(WEATHER,), tool_choice="required"),
        asking("What is in this picture?", images=(SHAPES,)),
        asking("Hello", GenerationSettings(temperature=0.0, max_tokens=1)),
    ],
    ids=["greedy", "sampled", "min_p", "repetition", "schema", "call", "picture", "one token"],
)
def test_an_answer_is_the_same_token_for_token(
    engine: LocalEngine, stepping: LocalEngine, request_: ChatRequest
) -> None:
    assert outcome(stepping, request_) == outcome(engine, request_)
    assert stepping._steps
    assert stepping._steps._step or request_.settings.max_tokens == 1  # it did not just answer by forward passes


def test_a_stop_text_ends_it_with_its_last_token(engine: LocalEngine, stepping: LocalEngine) -> None:
    request = asking("Count from 1 to 40.", GenerationSettings(temperature=0.0, stop=("9",), max_tokens=90))
    (text, _, (reason, _, ours, _)), theirs = outcome(stepping, request), outcome(engine, request)
    assert (text, reason) == (theirs[0], "stop")
    assert ours == theirs[2][2] - 1  # `generate` asks whether to stop before it tells of the token


def test_the_next_turn_goes_on_from_what_the_steps_wrote(engine: LocalEngine, stepping: LocalEngine) -> None:
    first = asking("Count from 1 to 40.")
    said = outcome(engine, first)[0]
    assert outcome(stepping, first)[0] == said
    more = (*first.messages, AssistantMessage(said), UserMessage((Text("And now the colours."),)))
    second = ChatRequest("", more, settings=GREEDY)
    ours, theirs = outcome(stepping, second), outcome(engine, second)
    assert ours == theirs
    assert ours[2][3] > len(said) // 4  # tokens of the answer are among those that are not read again


def test_a_short_answer_after_a_long_one_is_not_changed_by_what_that_left(
    engine: LocalEngine, stepping: LocalEngine
) -> None:
    for text in ("Tell me a long story. " * 8, "Hello", "What can you do?", "Hello"):
        assert outcome(stepping, asking(text, owner=text)) == outcome(engine, asking(text, owner=text))


def test_an_answer_that_is_stopped_leaves_the_steps_ready_for_the_next(
    engine: LocalEngine, stepping: LocalEngine
) -> None:
    stream = stepping.stream(asking("Count from 1 to 40.", owner="a"))
    next(event for event in stream if isinstance(event, TextDelta))
    stream.close()
    assert outcome(stepping, asking("Count from 3 to 9.")) == outcome(engine, asking("Count from 3 to 9."))


def test_without_memory_for_a_room_an_answer_comes_by_forward_passes(
    engine: LocalEngine, stepping: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps_module, "free_bytes", lambda _: 0)
    assert outcome(stepping, asking("Count from 1 to 40.")) == outcome(engine, asking("Count from 1 to 40."))


def test_a_room_is_kept_only_while_as_much_memory_is_left_for_prompts(
    stepping: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stepping._steps
    outcome(stepping, asking("Hello"))
    step = stepping._steps._step
    assert step
    monkeypatch.setattr(steps_module, "free_bytes", lambda _: step.workspace.bytes - 1)
    outcome(stepping, asking("Hello"))
    assert stepping._steps._step is None


@pytest.mark.parametrize("fails_at", [1, 2], ids=["at once", "where the room is outgrown"])
def test_where_a_step_cannot_be_recorded_the_answer_goes_on_by_forward_passes(
    engine: LocalEngine,
    stepping: LocalEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fails_at: int,
) -> None:
    made, times = steps_module.Step, count(1)

    def recorded(*given: Any) -> Any:
        if next(times) >= fails_at:
            raise RuntimeError("operation not permitted when stream is capturing")
        return made(*given)

    monkeypatch.setattr(steps_module, "Step", recorded)
    long = asking("Count from 1 to 40. " * 3)
    assert outcome(stepping, long) == outcome(engine, long)
    outcome(stepping, asking("Hello"))
    assert caplog.text.count("cannot be recorded") == 1  # it is not tried for each answer


def test_where_memory_runs_out_in_a_recording_it_is_tried_once_an_answer(
    engine: LocalEngine, stepping: LocalEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(steps_module, "Step", Mock(side_effect=torch.OutOfMemoryError("CUDA out of memory.")))
    for times in (1, 2):
        assert outcome(stepping, asking("Count from 1 to 40.")) == outcome(engine, asking("Count from 1 to 40."))
        assert caplog.text.count("cannot be recorded") == times


def test_an_answer_that_is_whole_stays_so_where_what_came_of_it_cannot_be_kept(
    engine: LocalEngine, stepping: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    request = asking("Count from 1 to 9.", GenerationSettings(temperature=0.0, max_tokens=8))
    with monkeypatch.context() as short:
        short.setattr(Workspace, "give", no_memory)
        assert outcome(stepping, request) == outcome(engine, request)
    assert outcome(stepping, request)[2][3] == 0  # nothing was kept that some layers have and others lack


def test_a_room_is_taken_only_where_what_is_written_in_it_can_be_kept(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, ids = growing_cache(loaded.model.config.get_text_config()), torch.full((1, 20), 100)
    forward(loaded.model, ids, cache)
    steps, free = Steps(loaded.model, ROOM), 1.3 * workspace_bytes(cache, ROOM)
    monkeypatch.setattr(steps_module, "free_bytes", lambda _: free)
    steps.after(ids[:, :1], cache)
    assert steps._step is None
    steps.finish(cache)
    free *= 2
    steps.after(ids[:, :1], cache)
    assert steps._step


def test_a_room_that_a_prompt_outgrows_goes_before_the_prompt_is_read(
    stepping: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome(stepping, asking("Hello"))
    steps, kept = stepping._steps, []
    assert steps
    assert steps._step

    def reading(*_: Any) -> Any:
        kept.append(steps._step)
        raise Interrupted

    monkeypatch.setattr(reading_module, "prefill", reading)
    list(stepping.stream(asking("word " * 200)))
    assert kept == [None]


def with_same_scores(text: dict[str, Any]) -> Steps:
    """Steps of a tiny decoder with these fields in its configuration, beside forward passes."""
    shape = SIZES["tiny"].config()
    text = shape["text_config"] | {"vocab_size": 500} | text
    torch.manual_seed(0)
    model = Mistral3ForConditionalGeneration(Mistral3Config(**shape | {"text_config": text})).eval()
    ids, config = torch.randint(20, 500, (1, 60)), model.config.get_text_config()
    ours, theirs, steps = growing_cache(config), growing_cache(config), Steps(model, ROOM)
    for cache in (ours, theirs):
        forward(model, ids[:, :20], cache)
    for token in ids[0, 20:]:
        expected = forward(model, token[None, None], theirs)
        torch.testing.assert_close(steps.after(token[None, None], ours), expected, rtol=1e-4, atol=1e-5)
    return steps


def test_layers_that_look_back_a_window_only_are_answered_by_forward_passes() -> None:
    assert with_same_scores({"sliding_window": 16})._step is None


def test_a_decoder_that_scales_its_queries_by_their_place_gives_the_same_scores() -> None:
    """As Ministral 3's does beyond the length that it was first trained on, here of 16 tokens."""
    rope = {
        "rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0, "original_max_position_embeddings": 16,
        "llama_4_scaling_beta": 0.5, "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0,
    }  # fmt: skip
    assert with_same_scores({"model_type": "ministral3", "rope_parameters": rope})._step


def test_steps_that_give_the_same_scores_are_told_from_those_that_do_not(loaded: LoadedModel) -> None:
    ours, theirs = compared(loaded, Steps(loaded.model, ROOM))
    assert alike(ours, theirs)
    assert not alike(Tried(ours.scores[::-1], 0.0), theirs)
    assert not alike(Tried(tuple(scores * torch.nan for scores in ours.scores), 0.0), theirs)


def test_forward_passes_are_not_taken_for_a_step_that_could_not_be_recorded(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps_module, "Step", Mock(side_effect=RuntimeError("a synchronizing CUDA operation")))
    with pytest.raises(RuntimeError):
        compared(loaded, Steps(loaded.model, ROOM))


def test_a_processor_decodes_eagerly(loaded: LoadedModel) -> None:
    assert proven(loaded, "graph") is None
