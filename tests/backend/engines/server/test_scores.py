"""How sure a server's model was, from servers that tell it in every way, or do not."""

import math
from typing import Any

import pytest

from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Logprobs, Scored, TextDelta, Waiting
from backend.chat.scores import TokenLogprob, TokenScore
from backend.chat.settings import GenerationSettings
from backend.engines.server.engine import ServerEngine
from tests.support.stub_server import USAGE, WHOLE, Stub, chunk, refuses, sends

DONE = b"data: [DONE]\n\n"
ASKED = {"logprobs", "top_logprobs"}


def asking(**fields: Any) -> ChatRequest:
    return ChatRequest(messages=(UserMessage((Text("Hi"),)),), **({"scores": True} | fields))


def token(text: str, likely: float, *others: tuple[str, float], **more: Any) -> dict[str, Any]:
    """An entry of OpenAI's form, with itself among the top."""
    top = [{"token": other, "logprob": math.log(each)} for other, each in ((text, likely), *others)]
    return {"token": text, "logprob": math.log(likely), "bytes": list(text.encode()), "top_logprobs": top} | more


def piece(text: str, logprobs: Any, **delta: Any) -> bytes:
    """An event with this text, and this beside it."""
    choices = [{"index": 0, "delta": {"content": text} | delta, "logprobs": logprobs}]
    return chunk(None, choices=choices)


def told(stub: Stub, *pieces: bytes, **fields: Any) -> tuple[str, tuple[TokenScore, ...]]:
    """The text and the scores of an answer of these events."""
    stub.answers.append(sends(*pieces, chunk({}, "stop"), chunk(**USAGE), DONE))
    events = list(ServerEngine(stub.url, model="tiny").stream(asking(**fields)))
    assert isinstance(events[-1], Finished)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return text, tuple(score for event in events if isinstance(event, Scored) for score in event.scores)


def test_they_are_asked_for_where_they_are_wanted(stub: Stub) -> None:
    told(stub, *WHOLE[:3])
    told(stub, *WHOLE[:3], scores=False)
    told(stub, *WHOLE[:3], scores=False, settings=GenerationSettings(json_schema='{"type": "object"}'))
    assert [set(body) >= ASKED for body in stub.bodies] == [True, False, True]
    assert stub.bodies[0]["logprobs"] is True


def test_each_token_that_was_not_sure_has_its_place_and_what_could_have_come(stub: Stub) -> None:
    text, scores = told(
        stub,
        piece("The sea", {"content": [token("The", 0.9999), token(" sea", 0.6, (" ocean", 0.3), (" lake", 0.0001))]}),
        piece(" is", {"content": [token(" is", 0.8)]}),
    )
    assert text == "The sea is"
    first = TokenScore(0, "The", 0.9999)  # which tells that there are any
    assert scores == (first, TokenScore(3, " sea", 0.6, ((" ocean", 0.3),)), TokenScore(7, " is", 0.8))


def test_text_that_is_held_back_and_marks_that_are_no_text(stub: Stub) -> None:
    """As vLLM's parsers do: the tokens come before the text."""
    text, scores = told(
        stub,
        piece("", {"content": [token("A", 0.5), token(" b", 0.6)]}),
        piece("A b", None),
        piece(" c", {"content": [token("[THINK]", 0.7), token(" c", 0.4), token("</s>", 0.9)]}),
    )
    assert text == "A b c"
    assert [(score.start, score.probability) for score in scores] == [(0, 0.5), (1, 0.6), (3, 0.4)]


def test_parts_of_a_character(stub: Stub) -> None:
    first, second = "é".encode()
    content = [token("\ufffd", 0.5, bytes=[first]), token("\ufffd", 0.6, bytes=[second]), token("t", 0.7)]
    text, scores = told(stub, piece("ét", {"content": content}))
    assert [(score.start, score.text, score.probability) for score in scores] == [
        (0, "", 0.5),
        (0, "é", 0.6),
        (1, "t", 0.7),
    ]
    assert text == "ét"


def test_a_thoughts_tokens_are_not_the_answers(stub: Stub) -> None:
    thought = {"content": None, "reasoning_content": "Hm"}
    _, scores = told(
        stub, piece("", {"content": [token("Hm", 0.5)]}, **thought), piece("Hm", {"content": [token("Hm", 0.7)]})
    )
    assert scores == (TokenScore(0, "Hm", 0.7),)


@pytest.mark.parametrize(
    "logprobs",
    [
        None, "null", [], {}, {"content": None}, {"content": "x"}, {"content": [None, 7, {}]},
        {"tokens": ["Hi"], "token_logprobs": [-0.5]},
        {"content": [{"token": "Hi", "logprob": None}]}, {"content": [{"token": "Hi", "logprob": "-1"}]},
        {"content": [{"token": 7, "logprob": -1.0}]}, {"content": [{"token": "Bye", "logprob": -1.0}]},
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_of_another_form_is_passed_over(stub: Stub, logprobs: Any) -> None:
    assert told(stub, piece("Hi", logprobs), piece(" there", logprobs)) == ("Hi there", ())


@pytest.mark.parametrize("top", [None, "x", [None, {}], [{"token": "Yo"}], [{"token": "Yo", "logprob": float("-inf")}]])
def test_without_alternatives_the_probability_stands(stub: Stub, top: Any) -> None:
    _, scores = told(stub, piece("Hi", {"content": [token("Hi", 0.5, bytes=None, top_logprobs=top)]}))
    assert scores == (TokenScore(0, "Hi", 0.5),)


def test_a_token_in_a_wrong_place_is_none(stub: Stub) -> None:
    _, scores = told(
        stub,
        piece("One two", {"content": [token("One", 0.5), token(" three", 0.5)]}),
        piece(" four", {"content": [token(" two", 0.5), token(" four", 0.5)]}),
    )
    assert scores == (TokenScore(0, "One", 0.5),)


@pytest.mark.parametrize(
    ("kind", "takes"),
    [("vllm", True), ("llama.cpp", True), ("openai", True), ("mistral", False), ("transformers", False)],
)
def test_only_a_kind_that_takes_them_is_asked(stub: Stub, kind: str, takes: bool) -> None:
    stub.answers.append(sends(*WHOLE))
    *_, end = ServerEngine(stub.url, model="tiny", kind=kind).stream(asking())
    assert (set(stub.bodies[-1]) & ASKED == ASKED) is takes
    assert isinstance(end, Finished)
    assert not end.note


@pytest.mark.parametrize("refused", ["logprobs", "top_logprobs"])
def test_a_server_that_does_not_take_them_answers_without(stub: Stub, refused: str) -> None:
    stub.answers += [refuses(400, f"Unsupported parameter: '{refused}' is not supported with this model.")]
    text, scores = told(stub, *WHOLE[:3])
    assert (text, scores) == ("Hello", ())
    assert set(stub.bodies[1]) & ASKED == ASKED - {refused} - ({"top_logprobs"} if refused == "logprobs" else set())


@pytest.mark.parametrize(
    "refusal",
    [
        "Requested sample logprobs of 4, which is greater than max allowed: 0",
        "This model does not support logprobs.",
        "logprobs is not supported with tools + stream",
    ],
    ids=["vLLM", "a hosted model", "llama.cpp"],
)
def test_a_server_that_tells_none_answers_without_them(stub: Stub, refusal: str) -> None:
    stub.answers = [refuses(400, refusal)]
    text, scores = told(stub, *WHOLE[:3])
    assert (text != "", scores) == (True, ())
    assert [bool(set(body) & ASKED) for body in stub.bodies] == [True, False]


def test_every_token_is_passed_on_with_the_servers_own_numbers_where_that_is_asked_for(stub: Stub) -> None:
    broken = {"token": "!", "logprob": None}
    pieces = (
        piece("Hé", {"content": [token("H", 0.5, ("J", 0.25)), token("é", 1.0)]}),
        piece("!", {"content": [broken]}),
        piece("?", None),
    )
    stub.answers.append(sends(*pieces, chunk({}, "stop"), chunk(**USAGE), DONE))
    events = list(ServerEngine(stub.url, model="tiny").stream(asking(scores=False, logprobs=7)))
    tokens = [token for event in events if isinstance(event, Logprobs) for token in event.tokens]
    assert tokens == [
        TokenLogprob(b"H", math.log(0.5), ((b"H", math.log(0.5)), (b"J", math.log(0.25)))),
        TokenLogprob("é".encode(), 0.0, (("é".encode(), 0.0),)),
    ]
    assert (stub.bodies[-1]["logprobs"], stub.bodies[-1]["top_logprobs"]) == (True, 7)
    assert isinstance(next(event for event in events if not isinstance(event, Waiting)), Logprobs)  # before its text
