"""Several servers as one, of which some are down. test_vllm.py has two real ones."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler

import pytest

from backend.chat.errors import EngineUnavailable, GenerationFailed, RequestRejected
from backend.chat.messages import Finished, Text, UserMessage
from backend.chat.request import ChatRequest, TextDelta
from backend.engines import replicas as module
from backend.engines.replicas import Replicas
from backend.engines.server.engine import ServerEngine
from tests.support.stub_server import WHOLE, Answer, Stub, head, refuses, sends, stub_server


@pytest.fixture
def stubs() -> Iterator[tuple[Stub, Stub]]:
    with stub_server() as first, stub_server() as second:
        yield first, second


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AWAY_SECONDS", 0.2)


def over(*stubs: Stub) -> Replicas:
    return Replicas([ServerEngine(stub.url) for stub in stubs])


def asking(conversation: str, words: str = "Hi") -> ChatRequest:
    return ChatRequest(messages=(UserMessage((Text(words),)),), conversation=conversation)


def answer(engine: Replicas, conversation: str, words: str = "Hi") -> str:
    return "".join(e.text for e in engine.stream(asking(conversation, words)) if isinstance(e, TextDelta))


def cut(handler: BaseHTTPRequestHandler) -> None:
    """The connection ends before a word of the answer, as where the server is killed meanwhile."""
    handler.connection.close()


def holding(until: threading.Event) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        head(handler)
        handler.wfile.write(WHOLE[1])
        handler.wfile.flush()
        until.wait(20)
        handler.wfile.write(b"".join(WHOLE[2:]))

    return answer


def counts(stubs: tuple[Stub, Stub]) -> list[int]:
    return [len(stub.bodies) for stub in stubs]


def test_new_conversations_take_turns_and_each_stays_where_it_began(stubs: tuple[Stub, Stub]) -> None:
    for stub in stubs:
        stub.answers = [sends(*WHOLE)] * 6
    with closing(over(*stubs)) as engine:
        for name in "abcd":
            answer(engine, name)
        assert counts(stubs) == [2, 2]
        for _ in range(3):
            answer(engine, "a", "an edited first message")
        assert counts(stubs) == [5, 2]


def test_a_new_conversation_goes_to_whoever_has_the_least_to_do(stubs: tuple[Stub, Stub]) -> None:
    until = threading.Event()
    stubs[0].answers = [holding(until), sends(*WHOLE)]
    stubs[1].answers = [sends(*WHOLE)] * 3
    with closing(over(*stubs)) as engine, closing(engine.stream(asking("long"))) as long:
        next(event for event in long if isinstance(event, TextDelta))
        for name in "abc":
            answer(engine, name)
        assert counts(stubs) == [1, 3]
        until.set()
        assert isinstance(list(long)[-1], Finished)
        answer(engine, "d")
        assert counts(stubs) == [2, 3]


@pytest.mark.parametrize("fault", [cut, refuses(500), refuses(503), refuses(429, retry_after="0")])
def test_where_one_is_down_the_other_answers_within_the_same_request(stubs: tuple[Stub, Stub], fault: Answer) -> None:
    stubs[0].answers = [fault] * 2
    stubs[1].answers = [sends(*WHOLE)] * 3
    with closing(over(*stubs)) as engine:
        assert answer(engine, "a") == "Hello"
        asked = len(stubs[0].bodies)
        assert answer(engine, "b") == "Hello"
        assert answer(engine, "a") == "Hello"
        assert len(stubs[0].bodies) == asked


def test_one_that_is_gone_is_left_out_and_taken_back_when_it_is_there_again(stubs: tuple[Stub, Stub]) -> None:
    with ExitStack() as life:
        first = life.enter_context(stub_server())
        first.answers = [sends(*WHOLE)]
        stubs[1].answers = [sends(*WHOLE)] * 4
        with closing(over(first, stubs[1])) as engine:
            assert answer(engine, "a") == "Hello"
            life.close()
            assert [answer(engine, name) for name in "abc"] == ["Hello"] * 3
            with stub_server(int(first.url.rpartition(":")[2])) as again:
                again.answers = [sends(*WHOLE)] * 2
                for _ in range(100):
                    if not engine._replicas[0].is_out:
                        break
                    time.sleep(0.05)
                assert answer(engine, "d") == "Hello"
                assert len(again.bodies) == 1
                assert answer(engine, "a") == "Hello"
                assert len(again.bodies) == 1  # it has moved, and stays where its turns are now


def test_an_answer_that_has_begun_is_asked_of_nobody_else(stubs: tuple[Stub, Stub]) -> None:
    stubs[0].answers = [sends(WHOLE[0], WHOLE[1])]
    stubs[1].answers = [sends(*WHOLE)]
    with closing(over(*stubs)) as engine, pytest.raises(GenerationFailed, match="broke the answer off"):
        answer(engine, "a")
    assert counts(stubs) == [1, 0]


def test_what_is_wrong_with_the_request_is_asked_of_nobody_else_and_leaves_nobody_out(
    stubs: tuple[Stub, Stub],
) -> None:
    stubs[0].answers = [refuses(400), sends(*WHOLE)]
    with closing(over(*stubs)) as engine:
        with pytest.raises(RequestRejected):
            answer(engine, "a")
        answer(engine, "a")
    assert counts(stubs) == [2, 0]


def test_a_request_that_all_fail_at_leaves_nobody_out(stubs: tuple[Stub, Stub]) -> None:
    for stub in stubs:
        stub.answers = [refuses(500), sends(*WHOLE)]
    with closing(over(*stubs)) as engine:
        with pytest.raises(EngineUnavailable):
            answer(engine, "a")
        assert [answer(engine, name) for name in "bc"] == ["Hello"] * 2
    assert counts(stubs) == [2, 2]


def test_where_all_are_down_each_is_asked_once_and_the_person_is_told() -> None:
    with stub_server() as first, stub_server() as second:
        urls = [first.url, second.url]
    with (
        closing(Replicas([ServerEngine(url, model="tiny") for url in urls])) as engine,
        pytest.raises(EngineUnavailable, match="does not answer"),
    ):
        answer(engine, "a")


def test_what_is_remembered_of_conversations_is_bounded(
    stubs: tuple[Stub, Stub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 2)
    for stub in stubs:
        stub.answers = [sends(*WHOLE)] * 4
    with closing(over(*stubs)) as engine:
        for name in ("a", "b", "a", "c"):
            answer(engine, name)
        assert list(engine._kept) == ["a", "c"]
