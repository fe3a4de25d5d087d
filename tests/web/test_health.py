"""/health tells a model that is busy from one that does not answer."""

import asyncio
import threading
import time
from collections.abc import Generator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from backend.chat.errors import EngineUnavailable
from backend.chat.request import ChatRequest, Event, TextDelta, Waiting
from backend.engines.health_probe import HealthProbe
from tests.support.scripted_engine import Reply, ScriptedEngine
from web import health
from web.health import PROBE, Health

DOWN = EngineUnavailable("Down.")
VISITORS = ChatRequest("Be brief.")


def client(probe: HealthProbe) -> TestClient:
    return TestClient(Starlette(middleware=[Middleware(Health, probe=probe)]))


def status(client: TestClient) -> int:
    return client.get("/health").status_code


def scripted(*replies: Reply) -> tuple[TestClient, HealthProbe, ScriptedEngine]:
    engine = ScriptedEngine(replies)
    probe = HealthProbe(engine)
    return client(probe), probe, engine


class Busy:
    """An engine with a visitor whose answer goes on once a health check waits behind it; `left` counts who is done."""

    def __init__(self) -> None:
        self.queued, self.over = threading.Event(), threading.Event()
        self.left = 0

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        try:
            while not self.over.is_set():
                if request is PROBE:
                    self.queued.set()
                yield TextDelta("Hi") if request is VISITORS and self.queued.is_set() else Waiting("…", queued=True)
                time.sleep(0.01)
        finally:
            self.left += 1


def test_a_model_that_answers_is_healthy_and_asked_once() -> None:
    asking, _, engine = scripted([TextDelta("Hi")])
    assert [status(asking) for _ in range(3)] == [200] * 3
    assert engine.requests == [PROBE]


def test_a_token_of_any_visitor_will_do() -> None:
    asking, probe, engine = scripted([Waiting("reading"), TextDelta("Hi")])
    assert list(probe.stream(VISITORS))[1] == TextDelta("Hi")
    assert status(asking) == 200
    assert engine.requests == [VISITORS]


def test_a_visitor_who_only_waits_tells_nothing() -> None:
    asking, probe, _ = scripted([Waiting("loading"), DOWN], DOWN)
    with pytest.raises(EngineUnavailable):
        list(probe.stream(VISITORS))
    assert status(asking) == 503


def test_behind_a_long_answer_the_model_is_healthy_as_soon_as_that_goes_on() -> None:
    engine = Busy()
    probe = HealthProbe(engine)
    answer = threading.Thread(target=lambda: list(probe.stream(VISITORS)))
    answer.start()
    try:
        begun = time.monotonic()
        assert status(client(probe)) == 200
        assert time.monotonic() - begun < health.PATIENCE_SECONDS
        assert engine.left == 1  # the health check, and not the visitor
    finally:
        engine.over.set()
        answer.join()


def test_a_model_that_gives_no_token_in_time_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.1)
    engine = Busy()
    assert status(client(HealthProbe(engine))) == 503
    assert engine.left == 1


def test_those_who_wait_for_a_failed_attempt_do_not_try_anew() -> None:
    async def ask() -> list[bool]:
        return list(await asyncio.gather(*(asking._is_healthy() for _ in range(5))))

    engine = ScriptedEngine([DOWN, [TextDelta("Hi")]])
    asking = Health(Starlette(), HealthProbe(engine))
    assert asyncio.run(ask()) == [False] * 5
    assert len(engine.requests) == 1


def test_a_failure_is_forgotten_after_a_while_and_at_once_where_a_visitor_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asking, probe, _ = scripted(DOWN, [TextDelta("Hi")])
    assert [status(asking) for _ in range(2)] == [503, 503]
    list(probe.stream(VISITORS))
    assert status(asking) == 200
    monkeypatch.setattr(health, "FAILED_SECONDS", 0.0)
    asking, _, _ = scripted(DOWN, [TextDelta("Hi")])
    assert [status(asking) for _ in range(2)] == [503, 200]
