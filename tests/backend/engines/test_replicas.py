"""Several servers as one, of which some are down. test_vllm.py has two real ones."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler

import pytest

from backend.chat.errors import EngineUnavailable, GenerationFailed, RequestRejected
from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Event, TextDelta
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
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.1)


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


@pytest.mark.parametrize("fault", [cut, refuses(500), refuses(504), refuses(524), refuses(429, retry_after="0")])
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
                ends = time.monotonic() + 30
                while engine._replicas[0].is_out and time.monotonic() < ends:
                    time.sleep(0.05)
                assert not engine._replicas[0].is_out
                assert answer(engine, "d") == "Hello"
                assert len(again.bodies) == 1
                assert answer(engine, "a") == "Hello"
                assert len(again.bodies) == 1  # it has moved, and stays where its turns are now


def test_an_answer_that_has_begun_is_asked_of_nobody_else(stubs: tuple[Stub, Stub]) -> None:
    stubs[0].answers = [sends(WHOLE[0], WHOLE[1])]
    stubs[1].answers = [sends(*WHOLE)]
    with closing(over(*stubs)) as engine, pytest.raises(GenerationFailed, match="connection was lost"):
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


def test_where_all_went_down_each_is_asked_once_and_the_person_is_told() -> None:
    with ExitStack() as life:
        stubs = [life.enter_context(stub_server()) for _ in range(2)]
        for stub in stubs:
            stub.answers = [sends(*WHOLE)]
        with closing(over(*stubs)) as engine:
            assert [answer(engine, name) for name in "ab"] == ["Hello"] * 2
            life.close()
            with pytest.raises(EngineUnavailable, match="Can't reach"):
                answer(engine, "a")


def addresses() -> list[str]:
    """Of two servers that are down."""
    with stub_server() as first, stub_server() as second:
        return [first.url, second.url]


def waiting(stream: Iterator[Event]) -> set[str]:
    """What is said in the second after none was found."""
    until = time.monotonic() + 1
    return {getattr(next(stream), "status", "an answer") for _ in iter(lambda: time.monotonic() < until, False)}


def test_a_question_to_servers_that_are_not_up_yet_is_answered_as_soon_as_one_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    urls = addresses()
    with closing(Replicas([ServerEngine(url) for url in urls])) as engine:
        stream = engine.stream(asking("a"))
        assert waiting(stream) == {module.WAITING}
        with stub_server(int(urls[1].rpartition(":")[2])) as stub:
            stub.answers = [sends(*WHOLE)]
            assert "".join(event.text for event in stream if isinstance(event, TextDelta)) == "Hello"
    assert len([line for line in caplog.messages if "ServerLost" in line]) == 2  # once each, however often it is asked


@pytest.mark.parametrize("has_list", [True, False], ids=["llama.cpp's list is there before its model", "no list yet"])
def test_servers_that_load_their_model_are_asked_again_until_one_has_it(
    stubs: tuple[Stub, Stub], has_list: bool
) -> None:
    loading = refuses(503, "Loading model")
    for stub in stubs:
        stub.listing = None if has_list else loading
        stub.answers = [loading] * 99
    with closing(Replicas([ServerEngine(stub.url, patient=False) for stub in stubs])) as engine:
        stream = engine.stream(asking("a"))
        assert waiting(stream) == {module.WAITING}
        stubs[1].listing, stubs[1].answers[:] = None, [sends(*WHOLE)]
        assert "".join(event.text for event in stream if isinstance(event, TextDelta)) == "Hello"


def test_the_wait_for_servers_that_never_come_up_ends_after_the_timeout() -> None:
    with closing(Replicas([ServerEngine(url, "", "tiny") for url in addresses()], timeout=0.5)) as engine:
        stream = engine.stream(asking("a"))
        with pytest.raises(EngineUnavailable, match="Can't reach"):
            list(stream)


def test_a_question_that_waits_for_several_servers_can_be_stopped() -> None:
    with closing(Replicas([ServerEngine(url) for url in addresses()])) as engine:
        stream = engine.stream(asking("a"))
        assert waiting(stream) == {module.WAITING}
        stream.close()
        assert not any(replica.running for replica in engine._replicas)


def test_one_without_a_list_of_models_is_taken_back_where_the_model_is_named(stubs: tuple[Stub, Stub]) -> None:
    for stub in stubs:
        stub.listing = refuses(404)
    stubs[0].answers = [refuses(500), sends(*WHOLE)]
    stubs[1].answers = [sends(*WHOLE)] * 2
    with closing(Replicas([ServerEngine(stub.url, model="mine") for stub in stubs])) as engine:
        assert answer(engine, "a") == "Hello"
        for _ in range(100):
            if not engine._replicas[0].is_out:
                break
            time.sleep(0.05)
        assert answer(engine, "b") == "Hello"
    assert counts(stubs) == [2, 1]


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
