"""How long the API keeps what a request brought along, and what it does where nobody waits for the answer any more."""

import asyncio
import json
import time
import tracemalloc
from collections.abc import Generator
from dataclasses import replace

import pytest

from backend.chat.errors import FetchRefused
from backend.chat.messages import Finished
from backend.chat.parts import Image
from backend.chat.request import ChatRequest, Event, TextDelta
from tests.support.api import services
from web.api.answer.chunks import DONE
from web.api.answer.flow import Flow
from web.api.answer.sending import sent
from web.api.door import Door
from web.requests import Message, Receive, Scope, Send

PICTURE = 6_000_000  # characters of one, in base64


class Small:
    """Takes any picture, and keeps nothing of it."""

    def take(self, data: bytes) -> Image:
        """See Images."""
        return Image("a.png", 1, 1)

    def fetch(self, url: str) -> Image:
        """See Images."""
        raise FetchRefused(url)


class Measuring:
    """An engine that looks at how much memory is taken while it answers."""

    bytes = 0

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        yield TextDelta("a")
        yield TextDelta("b")
        for _ in range(100):  # the thread that has read the request lets go of it in its own time
            self.bytes = tracemalloc.get_traced_memory()[0]
            if self.bytes < PICTURE / 2:
                break
            time.sleep(0.01)
        yield Finished("stop")


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError


async def ask(door: Door, body: bytes) -> list[Message]:
    """What the app says to a chat that waits for its answer."""
    said, messages = list[Message](), iter([{"type": "http.request", "body": body}])

    async def receive() -> Message:
        for message in messages:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        said.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": headers, "query_string": b""}
    await door.marked(door.answered(nowhere), "")(scope | {"client": None}, receive, send)
    return said


@pytest.mark.parametrize("more", [{}, {"stream": True}])
def test_while_an_answer_is_made_nothing_of_the_requests_body_is_kept(more: dict[str, bool]) -> None:
    part = {"type": "image_url", "image_url": "data:image/png;base64," + "A" * PICTURE}
    body = json.dumps({"messages": [{"role": "user", "content": [part]}]} | more).encode()
    engine = Measuring()
    door = Door(replace(services(engine), images=Small()))
    tracemalloc.start()
    try:
        said = asyncio.run(ask(door, body))
    finally:
        tracemalloc.stop()
    assert said[0]["status"] == 200
    assert 0 < engine.bytes < PICTURE / 2


def test_an_answer_that_nobody_waits_for_by_now_is_not_begun() -> None:
    begun = False

    def pieces() -> Generator[bytes, None, None]:
        nonlocal begun
        begun = True
        yield b"a"

    async def fill() -> None:
        flow = Flow()
        flow.is_over.set()
        flow.fill(pieces(), lambda: False)

    asyncio.run(fill())
    assert not begun


def test_a_sign_of_life_behind_a_streams_end_makes_no_error_of_it() -> None:
    said = list[Message]()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> None:
        flow, ends = Flow(), asyncio.Event()

        async def send(message: Message) -> None:
            said.append(message)
            if message.get("body") == DONE:
                flow.wake()  # as a piece does that was put while the last was taken
            elif message["type"] == "http.response.body":
                ends.set()

        async def work() -> None:
            await ends.wait()

        flow.put(DONE)
        await sent(flow, work(), True, {"type": "http"}, receive, send)

    asyncio.run(run())
    bodies = [message["body"] for message in said if message["type"] == "http.response.body"]
    assert bodies[0] == DONE
    assert not any(b"error" in body for body in bodies)
