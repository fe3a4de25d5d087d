"""One visitor who comes in a crowd, at a small page of Gradio's own that has room for twenty."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx2
import pytest
from gradio.queueing import Event

from scripts.visitors import Visitor, configuration
from ui.gradio_patches.sessions.carrying_out import carry_out_in_turn
from ui.gradio_patches.sessions.unfinished import CROWDED, OF_ONE, count_unfinished

ROOM, LARGE = 20, 500_000  # as tests/support/small_page.py has them
CROWD = 3 * ROOM
LIMITS = httpx2.Limits(max_connections=100, keepalive_expiry=1)  # given up well before the server does so, after five
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the server complains of."""
    return tmp_path_factory.mktemp("small") / "log"


@pytest.fixture(scope="module")
def url(log: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.support.small_page"]
    with log.open("w") as out, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=out, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().strip().rstrip("/")
        process.terminate()


def visited(url: str, visits: Callable[[Visitor, list[Visitor]], Any]) -> Any:
    """What comes of two visitors, Ada with one page, and one with a crowd of them."""

    async def both() -> Any:
        config = await configuration(url)
        async with (
            httpx2.AsyncClient(timeout=60, limits=LIMITS, headers={"X-Forwarded-For": "203.0.113.1"}) as ada,
            httpx2.AsyncClient(timeout=60, limits=LIMITS, headers={"X-Forwarded-For": "203.0.113.66"}) as many,
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


def test_hundreds_of_events_that_go_on_hold_up_nobody_else(url: str) -> None:
    async def visits(ada: Visitor, many: list[Visitor]) -> tuple[int, set[str], bool, bool]:
        one = many[0]
        watch = one.body(one.event("watch", "click"), {})
        calls = [one.client.post(f"{one.url}/gradio_api/queue/join", json=watch) for _ in range(OF_ONE + 50)]
        answers = await asyncio.gather(*calls)
        others = (await outcome(ada, "more"))["success"]
        refused = {answer.json()["detail"] for answer in answers if answer.status_code == 429}
        await join(ada, "go-on")
        while (await held(ada))["events"] > 1:
            await asyncio.sleep(0.05)
        taken = sum(answer.status_code == 200 for answer in answers)
        return taken, refused, others, (await outcome(one, "more"))["success"]

    assert visited(url, visits) == (OF_ONE, {CROWDED}, True, True)


def test_of_events_that_are_cancelled_again_and_again_no_place_stays_taken(url: str) -> None:
    async def visits(ada: Visitor, many: list[Visitor]) -> tuple[int, int]:
        watch = ada.event("watch", "click")

        async def cancelled(one: Visitor) -> int:
            event = (await one.client.post(f"{url}/gradio_api/queue/join", json=one.body(watch, {}))).json()["event_id"]
            named = {"session_hash": one.session, "fn_index": watch["id"], "event_id": event}
            calls = [one.client.post(f"{url}/gradio_api/cancel", json=named) for _ in range(8)]
            return sum(answer.status_code == 200 for answer in await asyncio.gather(*calls))

        told = sum(await asyncio.gather(*map(cancelled, many)))
        for _ in range(300):
            if (left := (await held(ada))["events"]) == 1:
                break
            await asyncio.sleep(0.1)
        return told, left

    assert visited(url, visits) == (8 * CROWD, 1)


@pytest.mark.parametrize("waits", [False, True])
def test_of_an_event_that_is_cancelled_before_it_begins_nothing_is_kept(waits: bool) -> None:
    """`waits`: for its turn, since others of its visitor begin. Gradio has noted that it is to be reset, too late."""

    async def cancelled() -> tuple[Any, ...]:
        with gr.Blocks() as demo:
            gr.Button().click(lambda: None)
            demo.queue(default_concurrency_limit=None)
        count_unfinished(demo)
        carry_out_in_turn(demo)
        queue, (function,) = demo._queue, demo.fns.values()
        app = SimpleNamespace(iterators={}, iterators_to_reset=set(), get_blocks=lambda: demo)
        queue.create_event_queue_for_fn(function)
        queue.server_app, waiting = app, queue.event_queue_per_concurrency_id[function.concurrency_id]  # type: ignore[assignment]
        turn, event = queue.process_events._turns.of(""), Event("page", function, None, None)  # type: ignore[attr-defined,arg-type]
        queue.event_ids_to_events[event._id], queue.active_jobs = event, [[event]]
        app.iterators_to_reset.add(event._id)
        waiting.current_concurrency, waiting.start_times_per_fn[function] = 1, {1.5}
        async with turn, turn:
            task = asyncio.create_task(queue.process_events(queue.active_jobs[0] or [], False, 1.5, function))
            await asyncio.sleep(0.01 if waits else 0)
            task.cancel()
            await asyncio.wait({task})
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0.01)
        return (
            queue.active_jobs, len(queue.event_ids_to_events), waiting.current_concurrency,
            len(waiting.start_times_per_fn), event.n_calls, len(app.iterators_to_reset),
        )  # fmt: skip

    assert asyncio.run(cancelled()) == ([None], 0, 0, 0, 0, 0)


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


def test_a_page_that_listens_is_told_an_outcome_of_any_size(url: str, log: Path) -> None:
    async def visits(ada: Visitor, many: list[Visitor]) -> dict[str, Any]:
        return await outcome(ada, "huge")

    before = log.read_text()
    told = visited(url, visits)
    assert (told["success"], len(told["output"]["data"][0])) == (True, 15 * LARGE)
    assert log.read_text() == before


def test_what_a_page_waits_for_beside_an_outcome_of_any_size_goes_on(url: str) -> None:
    async def visits(ada: Visitor, many: list[Visitor]) -> str:
        told, is_over = "", False
        await join(ada, "slow")
        async with ada.client.stream("GET", f"{url}/gradio_api/queue/data?session_hash={ada.session}") as stream:
            await join(ada, "huge")
            async for text in stream.aiter_text():
                told += text
                if not is_over and len(told) > 15 * LARGE:
                    is_over = True
                    await join(many[0], "go-on")
        return told

    told = visited(url, visits)
    assert (told.count('"process_completed"'), told.count('"data":["done"]')) == (2, 1)
    assert "session_not_found" not in told


def test_a_stream_whose_page_has_left_too_much_unread_ends_in_order(url: str, log: Path) -> None:
    async def visits(ada: Visitor, many: list[Visitor]) -> str:
        await join(ada, "slow")
        async with ada.client.stream("GET", f"{url}/gradio_api/queue/data?session_hash={ada.session}") as stream:
            for _ in range(60):
                await join(ada, "large")
            await join(many[0], "go-on")
            await asyncio.sleep(1)
            return (await stream.aread()).decode()

    before = log.read_text()
    assert '"session_not_found":true' in visited(url, visits)  # at which Gradio's client loads the page anew
    assert log.read_text() == before


def test_a_stream_beside_one_that_is_closed_ends_in_order(url: str, log: Path) -> None:
    async def visits(ada: Visitor, many: list[Visitor]) -> str:
        await join(ada, "slow")
        address = f"{url}/gradio_api/queue/data?session_hash={ada.session}"
        async with ada.client.stream("GET", address) as stream:
            async with ada.client.stream("GET", address) as other:
                await anext(other.aiter_raw())
            told = (await stream.aread()).decode()
            await join(many[0], "go-on")
            return told

    before = log.read_text()
    assert '"session_not_found":true' in visited(url, visits)
    assert len(log.read_text().removeprefix(before).splitlines()) <= 1
