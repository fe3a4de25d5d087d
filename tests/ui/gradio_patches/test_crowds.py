"""One visitor who comes in a crowd, at a small page of Gradio's own that has room for twenty."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from scripts.visitors import Visitor, configuration

ROOM, LARGE = 20, 500_000  # as tests/support/small_page.py has them
CROWD = 3 * ROOM
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.support.small_page"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip().rstrip("/")
        process.terminate()


def visited(url: str, visits: Callable[[Visitor, list[Visitor]], Any]) -> Any:
    """What comes of two visitors, Ada with one page, and one with a crowd of them."""

    async def both() -> Any:
        config = await configuration(url)
        async with (
            httpx2.AsyncClient(timeout=60, headers={"X-Forwarded-For": "203.0.113.1"}) as ada,
            httpx2.AsyncClient(timeout=60, headers={"X-Forwarded-For": "203.0.113.66"}) as many,
        ):
            return await visits(Visitor(url, config, ada), [Visitor(url, config, many) for _ in range(CROWD)])

    return asyncio.run(both())


async def outcome(visitor: Visitor, name: str, trigger: str = "click", **values: Any) -> dict[str, Any]:
    """What a page is told at the end of an event."""
    told = [event async for event in visitor.call(visitor.body(visitor.event(name, trigger), values))]
    assert told[-1]["msg"] == "process_completed"
    return told[-1]


async def join(visitor: Visitor, name: str) -> None:
    """An event of whose outcome nobody asks."""
    body = visitor.body(visitor.event(name, "click"), {})
    assert (await visitor.client.post(f"{visitor.url}/gradio_api/queue/join", json=body)).status_code == 200


async def held(visitor: Visitor) -> dict[str, int]:
    """What the server holds."""
    sizes: dict[str, int] = (await outcome(visitor, "held"))["output"]["data"][0]
    return sizes


def test_an_answer_goes_on_while_another_visitor_calls_for_many_pages(url: str) -> None:
    async def visits(ada: Visitor, many: list[Visitor]) -> dict[str, Any]:
        answer = asyncio.create_task(outcome(ada, "slow"))
        await asyncio.sleep(0.5)
        for other in many:
            await join(other, "more")
        await join(many[-1], "go-on")
        return await answer

    assert visited(url, visits)["success"]


def test_a_page_that_is_forgotten_is_of_whoever_opened_many(url: str) -> None:
    async def visits(ada: Visitor, many: list[Visitor]) -> list[bool]:
        await outcome(ada, "more")
        for other in many:
            await outcome(other, "more")
        pages = (ada, many[0], many[-1])
        return [(await outcome(each, "menu", "change", menu="mine"))["success"] for each in pages]

    assert visited(url, visits) == [True, False, True]


def test_what_nobody_reads_has_an_end_and_nobody_else_pays_for_it(url: str) -> None:
    async def visits(ada: Visitor, many: list[Visitor]) -> tuple[dict[str, int], int]:
        await join(ada, "large")
        for other in many[:5]:
            for _ in range(10):
                await join(other, "large")
        sizes = await held(many[-1])
        body = ada.body(ada.event("more", "click"), {})
        told = [event async for event in ada.call(body)]
        return sizes, sum(event["msg"] == "process_completed" for event in told)

    sizes, told = visited(url, visits)
    assert LARGE < sizes["bytes"] < 12 * LARGE
    assert told == 1


def test_of_sessions_that_came_and_went_nothing_is_kept_but_of_the_last(url: str) -> None:
    async def visits(ada: Visitor, many: list[Visitor]) -> dict[str, int]:
        for other in many:
            await outcome(other, "more")
        return await held(ada)

    sizes = visited(url, visits)
    assert max(sizes[what] for what in ("sessions", "sessions with events", "pages")) <= ROOM
    assert sizes["events"] == 1
