"""How sure the model was of what it wrote, against forward passes of its own."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from backend.chat.messages import AssistantMessage, Conversation, ToolCall, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Event, Logprobs, Scored, TextDelta
from backend.chat.scores import ALTERNATIVES, LEAST, SURE, TokenScore, weakest
from backend.chat.settings import GenerationSettings
from backend.engines.local.decode.steps import Steps
from backend.engines.local.engine import LocalEngine
from backend.engines.local.loading import LoadedModel
from backend.engines.local.output.scoring import Scoring
from backend.engines.local.output.streamer import TokenStreamer
from backend.tools.builtin import BUILTIN_TOOLS
from backend.tools.toolbox import Toolbox
from backend.turn import run_turn

GREEDY = GenerationSettings(temperature=0.0, max_tokens=60)
SAMPLED = GenerationSettings(temperature=2.0, top_k=30, repetition_penalty=1.3, max_tokens=60, seed=11)
UNSURE = "Describe Paris"  # of which the demo model knows nothing
SHAPE = json.dumps(
    {
        "type": "object",
        "properties": {"colour": {"enum": ["red", "green", "blue"]}, "count": {"type": "integer", "maximum": 99}},
        "required": ["colour", "count"],
        "additionalProperties": False,
    }
)
NEAR = 1e-4


@pytest.fixture(scope="module")
def loaded(engine: LocalEngine) -> LoadedModel:
    return engine.loading.result()


@pytest.fixture
def stepping(loaded: LoadedModel) -> Iterator[LocalEngine]:
    """An engine that answers by the steps that a GPU records."""
    ours = LocalEngine(loaded)
    ours._steps = Steps(loaded.model, 64)
    yield ours
    ours.close()


def asking(text: str, settings: GenerationSettings = GREEDY, **more: Any) -> ChatRequest:
    fields = {"scores": True} | more
    return ChatRequest("", (UserMessage((Text(text),)),), settings=settings, **fields)


def told(events: list[Event]) -> tuple[str, list[TokenScore]]:
    """The text, and all scores."""
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    scores = [score for event in events if isinstance(event, Scored) for score in event.scores]
    return text, [score for score in scores if score.probability < SURE]


def plain(loaded: LoadedModel, request: ChatRequest, ids: list[int]) -> torch.Tensor:
    """The probabilities, (tokens, vocabulary), before each of the ids of an answer, by one plain forward pass."""
    prompt = loaded.tokenizer.encode(request).tokens
    with torch.no_grad():
        logits = loaded.model(input_ids=torch.tensor([[*prompt, *ids]])).logits[0, len(prompt) - 1 : -1]
    return logits.float().softmax(-1)


def written(engine: LocalEngine, request: ChatRequest) -> tuple[str, list[TokenScore], list[int]]:
    """The text, the scores, and the ids of an answer, without the one that ends it."""
    stream = engine.stream(request)
    events = [next(stream)]
    generation = engine._queue[0]
    text, scores = told([*events, *stream])
    return text, scores, [id_ for id_ in generation.ids if id_ != generation.loaded.tokenizer.tekken.eos_id]


def expected(loaded: LoadedModel, request: ChatRequest, ids: list[int]) -> list[tuple[int, float]]:
    """(where in the text, probability) of what is not sure, as a plain forward pass has it."""
    starts, at = [], 0
    for part in loaded.tokenizer.parts(ids):
        starts.append(at)
        at += len(part)
    likely = plain(loaded, request, ids)
    return [(start, p) for start, p in zip(starts, likely[range(len(ids)), ids].tolist(), strict=True) if p < SURE]


@pytest.mark.parametrize("engines", ["engine", "stepping"])
@pytest.mark.parametrize("settings", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("asked", [UNSURE, "Tell me a joke"])
def test_probabilities_are_those_of_a_plain_forward_pass(
    request: pytest.FixtureRequest, loaded: LoadedModel, engines: str, settings: GenerationSettings, asked: str
) -> None:
    answering: LocalEngine = request.getfixturevalue(engines)
    text, scores, ids = written(answering, asking(asked, settings))
    wanted = expected(loaded, asking(asked, settings), ids)
    assert wanted
    assert [score.start for score in scores] == [start for start, _ in wanted]
    assert [score.probability for score in scores] == pytest.approx([p for _, p in wanted], abs=NEAR)
    assert all(text.startswith(score.text, score.start) for score in scores)


@pytest.mark.parametrize("engines", ["engine", "stepping"])
def test_of_every_token_the_likelihood_and_the_likeliest_are_told_where_that_is_asked_for(
    request: pytest.FixtureRequest, loaded: LoadedModel, engines: str
) -> None:
    asked = asking("Tell me a joke", SAMPLED, scores=False, logprobs=20)
    answering: LocalEngine = request.getfixturevalue(engines)
    stream = answering.stream(asked)
    events = [next(stream)]
    generation = answering._queue[0]
    events += stream
    tokens = [token for event in events if isinstance(event, Logprobs) for token in event.tokens]
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    ids = [id_ for id_ in generation.ids if id_ != loaded.tokenizer.tekken.eos_id]
    likely = plain(loaded, asked, ids).log()
    assert b"".join(token.data for token in tokens).decode() == text
    assert [token.logprob for token in tokens] == pytest.approx(likely[range(len(ids)), ids].tolist(), abs=1e-3)
    assert all(len(token.top) == 20 for token in tokens)
    best = [token.top[0][1] for token in tokens]
    assert best == pytest.approx(likely.max(-1).values.tolist(), abs=1e-3)
    assert all(token.top == tuple(sorted(token.top, key=lambda each: -each[1])) for token in tokens)
    assert not any(isinstance(event, Scored) for event in events)


def test_the_alternatives_are_the_likeliest_others(engine: LocalEngine, loaded: LoadedModel) -> None:
    asked = asking(UNSURE, SAMPLED)
    _, scores, ids = written(engine, asked)
    likely = plain(loaded, asked, ids)
    at = next(place for place, id_ in enumerate(ids) if likely[place, id_] < SURE)
    others = [id_ for id_ in likely[at].topk(ALTERNATIVES + 1).indices.tolist() if id_ != ids[at]][:ALTERNATIVES]
    wanted = [(loaded.tokenizer.decode([id_]), float(likely[at, id_])) for id_ in others if likely[at, id_] >= LEAST]
    assert [other for other, _ in scores[0].alternatives] == [other for other, _ in wanted]
    assert [p for _, p in scores[0].alternatives] == pytest.approx([p for _, p in wanted], abs=NEAR)


def test_within_a_schema_a_token_is_judged_among_those_that_fit(engine: LocalEngine, loaded: LoadedModel) -> None:
    settings = GenerationSettings(temperature=0.0, max_tokens=60, json_schema=SHAPE)
    asked = asking("What colour is it?", settings, scores=False)
    text, scores, ids = written(engine, asked)
    value = json.loads(text)
    start = text.index(value["colour"])
    colour = weakest(scores, start, start + len(value["colour"]))
    assert colour
    fits = {"red", "green", "blue"}
    assert all(any(word.startswith(other) for word in fits) for other, _ in colour.alternatives)
    outside = plain(loaded, asked, ids)
    place = next(at for at in range(len(ids)) if len(loaded.tokenizer.decode(ids[:at])) == colour.start)
    assert colour.probability > float(outside[place, ids[place]]), "what does not fit takes none of it"
    assert sum(p for _, p in colour.alternatives) + colour.probability == pytest.approx(1, abs=0.05)


def test_what_the_schema_forces_is_sure(engine: LocalEngine) -> None:
    constant = '{"type": "object", "properties": {"a": {"const": 7}}, "required": ["a"], "additionalProperties": false}'
    text, scores = told(list(engine.stream(asking("Hello", GenerationSettings(json_schema=constant)))))
    assert json.loads(text) == {"a": 7}
    at = text.index("7")
    assert weakest(scores, at, at + 1) is None


def test_without_being_asked_nothing_is_measured(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    def unasked(*_: object) -> None:
        raise AssertionError("a token was measured")

    monkeypatch.setattr(Scoring, "__call__", unasked)
    text, scores = told(list(engine.stream(asking("Who are you?", scores=False))))
    assert text
    assert not scores


def test_an_answer_of_which_all_was_sure_was_measured_all_the_same(engine: LocalEngine) -> None:
    asked = asking("Who are you?")
    assert told(list(engine.stream(asked)))[1] == []
    (only,) = answer(engine, asked).scores
    assert only.start == 0
    assert only.probability >= SURE


def test_scores_change_no_token(engine: LocalEngine) -> None:
    with_scores, _ = told(list(engine.stream(asking(UNSURE, SAMPLED))))
    assert with_scores == told(list(engine.stream(asking(UNSURE, SAMPLED, scores=False))))[0]


def answer(engine: LocalEngine, request: ChatRequest, *messages: Any) -> AssistantMessage:
    """The last state of a turn."""
    *_, end = run_turn(engine, Conversation(messages or request.messages), request, Toolbox(()))
    last = end.messages[-1]
    assert isinstance(last, AssistantMessage)
    return last


def test_an_answer_that_goes_on_has_the_scores_of_both_parts(engine: LocalEngine) -> None:
    short = asking(UNSURE, GenerationSettings(temperature=2.0, max_tokens=4, seed=11))
    begun = answer(engine, short)
    more = asking(UNSURE, GREEDY, continues=True)
    gone_on = answer(engine, more, *short.messages, begun)
    assert gone_on.text.startswith(begun.text.rstrip(" "))
    later = [score for score in gone_on.scores if score.start >= len(begun.text)]
    assert later
    assert len(gone_on.scores) > len(later) > 0
    assert all(gone_on.text.startswith(score.text, score.start) for score in gone_on.scores)


def test_scores_end_where_a_stop_sequence_ends_the_answer(engine: LocalEngine) -> None:
    whole = answer(engine, asking(UNSURE))
    stop = whole.text[len(whole.text) // 2 :][:3]
    settings = GenerationSettings(temperature=0.0, max_tokens=60, stop=(stop,))
    cut = answer(engine, asking(UNSURE, settings))
    assert cut.text == whole.text[: whole.text.index(stop)]
    assert cut.scores == tuple(score for score in whole.scores if score.end <= len(cut.text))


def test_what_was_measured_before_a_stop_stands(engine: LocalEngine) -> None:
    request = asking(UNSURE, SAMPLED)
    stream = run_turn(engine, Conversation(request.messages), request, Toolbox(()))
    for conversation in stream:
        last = conversation.messages[-1]
        if isinstance(last, AssistantMessage) and last.scores:
            break
    stream.close()
    assert isinstance(last, AssistantMessage)
    assert last.scores


def test_a_call_has_no_scores(engine: LocalEngine) -> None:
    calculator = BUILTIN_TOOLS[0].spec
    request = asking("What is 12 * 34?", GREEDY, tools=(calculator,), tool_choice="required")
    events = list(engine.stream(request))
    assert any(isinstance(event, ToolCall) for event in events)
    assert told(events) == ("", [])


def test_a_character_of_several_tokens_has_the_place_of_the_character(loaded: LoadedModel) -> None:
    scoring = Scoring()
    streamer = TokenStreamer(loaded.tokenizer, scoring=scoring)
    streamer.put(torch.tensor([[1]]))
    text = "x🤦🏽y"
    for token in loaded.tokenizer.text_ids(text):
        scores = torch.zeros(1, loaded.tokenizer.tekken.n_words)
        scoring(torch.tensor([[1]]), scores)  # type: ignore[arg-type]
        streamer.put(torch.tensor([token]))
    streamer.end()
    found = [item for item in iter(streamer.text_queue.get, streamer.stop_signal) if isinstance(item, Scored)]
    starts = [score.start for scored in found for score in scored.scores]
    assert starts == sorted(starts)
    assert set(starts) == set(range(len(text)))
