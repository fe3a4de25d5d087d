"""Section 5, places: what one visitor, or a crowd of them, takes of the places and the time that all share."""

import asyncio
import contextlib
import json
import random
import string
import time
from collections.abc import Coroutine
from typing import Any

import httpx2

from scripts.attack.arena import (
    ANOTHER,
    META,
    Arena,
    Case,
    Seen,
    body_named,
    body_of,
    counted,
    many,
    sentence,
    status,
    told,
)
from scripts.attack.judge import TIMES, WAIT
from scripts.attack.upstream import SILENTLY, SLOWLY
from scripts.visitors import Json, Visitor

JOINS, CROWD = 170, 140  # Gradio's queue has 128 places
HEAD_START = 3.0  # seconds until the crowd is there
PAGES = 300
FEW, LOST = 4, 16  # addresses, and pages of each whose browsers are asked for their conversations
PACE = 0.12  # seconds between two of a crowd that is no load by its coming alone
LETTERS, LENGTH = 12, 840_000  # messages at once, and characters of one
HALF = b"\xed\xa0\x80"  # half a character, as no UTF-8 has it


async def _asked(arena: Arena) -> tuple[str, bool]:
    """What an answer to somebody else came to, and whether it came in time."""
    limit, begun = max(WAIT, TIMES * arena.usual.get("answer", 0)), time.monotonic()
    state = "not answered"
    async with arena.page(ANOTHER) as other:
        with contextlib.suppress(TimeoutError, httpx2.HTTPError):
            async with asyncio.timeout(limit):
                state = (await other.say("Hello", **{"max-tokens": 4})).state
    return f"another: {state} after {time.monotonic() - begun:.1f} s", state == "completed"


async def _while(arena: Arena, crowd: list[Coroutine[Any, Any, Any]], seconds: float = HEAD_START) -> Seen:
    """Somebody else asks while a crowd is at it, which ends then."""
    work = asyncio.ensure_future(many(crowd, len(crowd)))
    await asyncio.wait({work}, timeout=seconds)
    note, is_answered = await _asked(arena)
    came = counted([getattr(one, "status_code", one) for one in work.result()]) if work.done() else "all at it"
    work.cancel()
    await asyncio.wait({work}, timeout=5)
    return Seen(f"{came}; {note}", is_answered)


async def joins(arena: Arena) -> Seen:
    """One page's messages, all at once."""
    async with arena.page() as page:
        fields = {"message": {"text": f"{SLOWLY}, please", "files": []}, "max-tokens": 64}
        body = body_of(page, "message", "submit", fields)
        return await _while(arena, [page.client.post("/gradio_api/queue/join", json=body) for _ in range(JOINS)])


async def letters(arena: Arena) -> Seen:
    """Long messages from as many pages of one address."""
    chance = random.Random(7)
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 10))) for _ in range(20_000)]
    text = " ".join(chance.choices(words, k=LENGTH))[:LENGTH]

    async def sent(page: Visitor, number: int) -> str:
        return (await page.say(f"{number} {text}", **{"max-tokens": 4})).state

    async with arena.page() as page:
        crowd = [sent(Visitor(page.url, page.config, page.client), number) for number in range(LETTERS)]
        states = await many(crowd, LETTERS)
    return Seen(counted(states), "completed" in states)


async def watchers(arena: Arena) -> Seen:
    """Pages of as many addresses, as a proxy on this machine passes them on, each of which waits for an answer."""
    transport = httpx2.AsyncHTTPTransport(local_address="127.0.0.1", limits=httpx2.Limits(max_connections=None))
    async with arena.page() as page, contextlib.AsyncExitStack() as clients:
        crowd = []
        for number in range(CROWD):
            headers = {"X-Forwarded-For": f"203.0.113.{number + 1}"}
            client = httpx2.AsyncClient(transport=transport, timeout=30, headers=headers)
            clients.push_async_callback(client.aclose)
            crowd.append(_waits(Visitor(page.url, page.config, client), number * PACE))
        return await _while(arena, crowd, CROWD * PACE + HEAD_START)


async def _waits(page: Visitor, begin: float) -> Any:
    await asyncio.sleep(begin)
    return await page.say(f"{SILENTLY}, please", **{"max-tokens": 64})


async def deep_path(arena: Arena) -> Seen:
    """What an event tells of itself names a file in 450,000 folders."""
    async with arena.page() as page:
        body = body_of(page, "clear", "click", None, {"path": "/tmp/gradio/" + "a/" * 450_000, "meta": META})
        sent = await many([page.client.post("/gradio_api/queue/join", json=body) for _ in range(3)], 1)
    return Seen(counted([getattr(one, "status_code", one) for one in sent]), True)


async def half_character(arena: Arena) -> Seen:
    """It stands in a message as raw bytes; then the same page asks anew."""
    async with arena.page() as page:
        body = body_of(page, "message", "submit", {"message": {"text": "HALF", "files": []}, "max-tokens": 4})
        content, headers = json.dumps(body).encode().replace(b"HALF", HALF), {"Content-Type": "application/json"}
        sent = await page.client.post("/gradio_api/queue/join", content=content, headers=headers)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                outcome = await page.say("Hello", **{"max-tokens": 4})
                return Seen(f"{sent.status_code}; then {outcome.state}", outcome.state == "completed")
    return Seen(f"{sent.status_code}; then nothing was answered", False)


async def large_bench(arena: Arena) -> Seen:
    """Four pages have the forms made of 64 tools with 30 fields each."""
    properties = {f"f{number}": {"type": "string"} for number in range(30)}
    tools = [{"name": f"t{number}", "parameters": {"properties": properties}} for number in range(64)]
    fields = {"tool-schemas": json.dumps(tools, separators=(",", ":"))}

    async def made(page: Visitor) -> str:
        return str([event["msg"] async for event in page.call(body_named(page, "apply", fields))][-1:])

    async with arena.page() as page:
        ends = await many([made(Visitor(page.url, page.config, page.client)) for _ in range(4)])
        await told(page, "clear", "click")
    return Seen(counted(ends), True)


async def pages_at_once(arena: Arena) -> Seen:
    """As many as one address may load in a minute, each by a connection of its own."""
    asked = arena.request("/", "Connection: close")
    sent = await many([arena.raw(asked, 10) for _ in range(PAGES)], PAGES)
    return Seen(counted([status(one) if isinstance(one, bytes) else one for one in sent]), True)


async def lost(arena: Arena) -> Seen:
    """Whether somebody's browser is asked for a conversation while those of a few wait for all of theirs."""
    place = json.dumps({"page": "0" * 32, "id": "0" * 32, "leaf": None})

    async def retries(page: Visitor) -> list[Json]:
        return await told(page, "retry", "click", {"place": place})

    async with contextlib.AsyncExitStack() as clients:
        crowd = []
        for number in range(FEW):
            page = await clients.enter_async_context(arena.page(f"127.0.0.{number + 100}"))
            for _ in range(LOST):
                crowd.append(asyncio.ensure_future(retries(Visitor(page.url, page.config, page.client))))
                await asyncio.sleep(PACE)
        await asyncio.sleep(HEAD_START)
        waiting = sum(not one.done() for one in crowd)
        async with arena.page(ANOTHER) as other:
            mine = asyncio.ensure_future(retries(other))
            await asyncio.wait({mine}, timeout=HEAD_START)
            said = sentence(mine.result()) if mine.done() else ""
            for one in (mine, *crowd):
                one.cancel()
            await asyncio.gather(mine, *crowd, return_exceptions=True)
    return Seen(f"{waiting} wait; another: {said or 'is asked too'}", waiting == FEW * LOST and not said)


CASES = (
    Case("5", f"{FEW * LOST} pages of {FEW} addresses that wait for their browsers", lost, seconds=30),
    Case("5", f"the page {PAGES} times at once", pages_at_once, seconds=30),
    Case("5", f"{JOINS} messages of one page at once", joins, seconds=30),
    Case("5", f"{LETTERS} messages of {LENGTH // 1000} kB at once", letters, "demo", seconds=90, growth=900),
    Case("5", f"{CROWD} addresses that each wait for an answer", watchers, seconds=40, growth=600),
    Case("2", "an event that names a file in 450,000 folders", deep_path, seconds=40),
    Case("2", "half a character as raw bytes", half_character, seconds=30),
    Case("2", "a tool bench of 64 tools from 4 pages", large_bench, seconds=40, growth=600),
)
