"""A request on its way through the API: bodies, places, errors before and after the first byte, and who goes away."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

import pytest

from backend.chat.errors import EngineUnavailable, GenerationFailed, RequestRejected, RequestTooLong
from backend.chat.messages import Finished
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from tests.support.api import HELLO, FewPlaces, api, services
from tests.support.scripted_engine import ScriptedEngine
from web.api.answer import sending
from web.api.door import Door

CHAT = "/v1/chat/completions"
STREAM = HELLO | {"stream": True}


def events_of(text: str) -> list[Any]:
    """The data of a stream's events, read as JSON but for the last."""
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line.startswith("data: ")]
    return [json.loads(line) if line != "[DONE]" else line for line in lines]


def content(text: str) -> str:
    found = (event["choices"][0]["delta"].get("content") for event in events_of(text)[:-1])
    return "".join(piece or "" for piece in found)


def test_a_stream_comes_as_events_and_a_proxy_does_not_hold_it_back() -> None:
    answer = api([[TextDelta("Hel"), TextDelta("lo")]]).post(CHAT, json=STREAM)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    assert content(answer.text) == "Hello"
    assert events_of(answer.text)[-1] == "[DONE]"


@pytest.mark.parametrize("body", [HELLO, STREAM])
@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (EngineUnavailable("The server is down."), 503, "overloaded"),
        (RequestRejected("Not so."), 400, None),
        (RequestTooLong("Too long."), 400, "context_length_exceeded"),
        (GenerationFailed("It broke off."), 500, None),
    ],
)
def test_an_error_before_the_first_word_has_its_status(
    body: dict[str, Any], failure: Exception, status: int, code: str | None
) -> None:
    answer = api([[Waiting("Reading…"), failure]]).post(CHAT, json=body)  # type: ignore[list-item]
    assert answer.status_code == status
    assert (answer.json()["error"]["message"], answer.json()["error"]["code"]) == (str(failure), code)
    assert ("retry-after" in answer.headers) == (status == 503)


def test_an_error_after_it_is_an_event_and_no_end_follows() -> None:
    answer = api([[TextDelta("Hel"), GenerationFailed("It broke off.")]]).post(CHAT, json=STREAM)
    assert answer.status_code == 200
    *_, last = events_of(answer.text)
    assert last["error"]["message"] == "It broke off."
    assert "[DONE]" not in answer.text
    whole = api([[TextDelta("Hel"), GenerationFailed("It broke off.")]]).post(CHAT, json=HELLO)
    assert whole.status_code == 500


def test_what_nobody_foresaw_is_one_sentence_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    words = "secret" + " words"  # which are not in the line that a trace shows

    class Broken:
        def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
            yield TextDelta("a")
            raise KeyError(words)

    for body in (HELLO, STREAM):
        answer = api(engine=Broken()).post(CHAT, json=body)
        assert "secret" not in answer.text
        assert "Something went wrong." in answer.text
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text


def test_while_the_model_loads_programs_are_told_to_come_back() -> None:
    client = api(is_ready=lambda: False)
    answer = client.post(CHAT, json=HELLO)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_loading")
    assert int(answer.headers["retry-after"]) > 0
    assert client.get("/v1/models").status_code == 200


@pytest.mark.parametrize("route", [CHAT, "/v1/tokenize"])  # which may have as many pictures to fetch
def test_more_than_a_visitor_may_have_at_once_is_refused_and_told_when_to_come_back(route: str) -> None:
    answer = api(places=FewPlaces(0)).post(route, json=HELLO)
    assert (answer.status_code, answer.json()["error"]["type"]) == (429, "rate_limit_error")
    assert int(answer.headers["retry-after"]) > 0


def test_a_place_is_free_again_after_each_answer_and_each_refusal() -> None:
    places = FewPlaces(1)
    client = api([[TextDelta("a")], GenerationFailed("No."), [TextDelta("b")]], places=places)
    statuses = [client.post(CHAT, json=body).status_code for body in (HELLO, HELLO, {"messages": 1}, HELLO)]
    assert statuses == [200, 500, 400, 200]
    assert places.taken == 0


def test_what_is_kept_of_a_request_is_for_the_same_visitor_alone() -> None:
    engine = ScriptedEngine([[TextDelta("a")]] * 4)
    client = api(engine=engine, key="k")
    for address in ("203.0.113.1", "203.0.113.1", "203.0.113.2"):
        client.post(CHAT, json=HELLO, headers={"X-Forwarded-For": address, "Authorization": "Bearer k"})
    first, second, third = engine.requests
    assert first.owner == second.owner != third.owner
    assert first.conversation == second.conversation != third.conversation
    assert len(first.owner) > 32
    assert first.owner != first.conversation


def test_every_token_is_told_of_only_where_that_was_asked_for() -> None:
    engine = ScriptedEngine([[Finished("stop")]] * 3)
    client = api(engine=engine)
    for more in ({}, {"logprobs": True}, {"logprobs": True, "top_logprobs": 5}):
        client.post(CHAT, json=HELLO | more)
    assert [request.logprobs for request in engine.requests] == [None, 0, 5]


def test_a_body_that_is_too_large_is_refused_by_its_length_and_by_its_bytes() -> None:
    client = api(max_body=1_000)

    def pieces() -> Iterator[bytes]:
        yield from [b"x" * 600] * 3

    json_kind = {"Content-Type": "application/json"}
    for body in (b"x" * 1_001, pieces()):
        answer = client.post(CHAT, content=body, headers=json_kind)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "request_too_large"
    assert client.post(CHAT, content=b"{}", headers=json_kind | {"Content-Length": "1e9"}).status_code == 413


class Paced:
    """An engine that goes on until nobody wants more."""

    def __init__(self) -> None:
        self.words, self.is_closed = 0, threading.Event()

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        try:
            while True:
                yield Waiting("Reading…") if self.words < 3 else TextDelta("word ")
                self.words += 1
                time.sleep(0.01)
        finally:
            self.is_closed.set()


async def spoken(door: Door, body: dict[str, Any], messages: AsyncIterator[dict[str, Any]]) -> list[Any]:
    """What the app sends to a client whose messages come from here."""
    said: list[Any] = []

    async def receive() -> Any:
        return await anext(messages)

    async def send(message: Any) -> None:
        said.append(message)

    async def beyond(*_: Any) -> None:
        raise AssertionError

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": CHAT, "headers": headers, "query_string": b"", "client": None}
    await door.marked(door.answered(beyond), "")(scope, receive, send)
    return said


@pytest.mark.parametrize("body", [HELLO, STREAM])
def test_when_a_program_goes_away_its_answer_ends(body: dict[str, Any]) -> None:
    engine, places = Paced(), FewPlaces(1)

    async def leaving() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "http.request", "body": json.dumps(body).encode()}
        while engine.words < 6:
            await asyncio.sleep(0.01)
        yield {"type": "http.disconnect"}

    said = asyncio.run(spoken(Door(services(engine, places=places)), body, leaving()))
    assert engine.is_closed.is_set()  # before the place is anybody else's
    assert places.taken == 0
    assert bool(said) == ("stream" in body)


def test_an_answer_that_the_app_ends_says_so() -> None:
    places = FewPlaces(1)
    places.stop.set()
    client = api(engine=Paced(), places=places)
    assert client.post(CHAT, json=HELLO).status_code == 503
    assert client.post(CHAT, json=STREAM).status_code == 503


def test_while_a_program_waits_its_connection_shows_signs_of_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BEGIN_SECONDS", 0.05)
    monkeypatch.setattr(sending, "ALIVE_SECONDS", 0.05)

    class Queued:
        def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
            for _ in range(30):
                yield Waiting("You're 2nd in line", queued=True)
                time.sleep(0.01)
            yield TextDelta("Hi")
            raise GenerationFailed("It broke off.")

    answer = api(engine=Queued()).post(CHAT, json=STREAM)
    assert answer.text.count(": waiting\n\n") >= 2
    assert answer.text.startswith(": waiting\n\n")
    assert content(answer.text) == "Hi"
    assert events_of(answer.text)[-1]["error"]["message"] == "It broke off."
