"""Section 2: what one visitor sends, and all others wait for."""

import asyncio
import contextlib
import json
import sqlite3
import threading
import time
from typing import Any

from scripts.attack.arena import Arena, Case, Seen, body_of, commanded, counted, imported, many, sentence
from scripts.attack.upstream import HARM, SLOWLY, calls
from scripts.visitors import Visitor

PICTURES = "![a](http://"


def long_type(number: int) -> str:
    """Tools of 95 kB, whose schema is compared with itself, each entry with each."""
    kinds = [value for index in range(6_300) for value in (index, f"{number}x{index}")]
    return json.dumps([{"name": "a", "parameters": {"properties": {"x": {"type": kinds}}}}], separators=(",", ":"))


async def schemas(arena: Arena) -> Seen:
    """33 of them, none of them read to its end."""
    async with arena.page() as page:
        deeds = []
        for number in range(33):
            one = Visitor(page.url, page.config, page.client)
            body = body_of(one, "tool-schemas", "change", {"tool-schemas": long_type(number)[:99_900]})
            deeds.append(page.client.post("/gradio_api/queue/join", json=body))
        joined = await many(deeds)
        await asyncio.sleep(8)
    return Seen(f"joined: {counted([getattr(one, 'status_code', one) for one in joined])}", True)


async def arguments(arena: Arena) -> Seen:
    """8 pages have a call run with 50 kB of arguments against an enum of 80 kB."""
    assert arena.upstream
    schema = {"properties": {"x": {"items": {"enum": [f"e{index}" for index in range(9_000)]}}}}
    tools = json.dumps([{"name": "a", "parameters": schema}])
    fields = {"tool-schemas": tools, "replies": json.dumps({"a": "canned"}), "max-tokens": 4}  # so that it runs at once
    arena.upstream.answer = calls("a", json.dumps({"x": ["e"] * 9_900}, separators=(",", ":")))
    async with arena.page() as page:
        pages = [Visitor(page.url, page.config, page.client) for _ in range(8)]
        said = await many([one.say(HARM, **fields) for one in pages])
    states = counted([getattr(one, "state", one) for one in said])
    told = sum("the arguments of a " in getattr(one, "shown", "") for one in said)  # that they do not fit, or take long
    return Seen(f"{states}; {told} calls refused", told == len(pages))


def _chat(*texts: str) -> bytes:
    roles = ("user", "assistant")
    return json.dumps([{"role": roles[number % 2], "content": text} for number, text in enumerate(texts)]).encode()


async def brackets(arena: Arena) -> Seen:
    """An import that holds nothing but beginnings of pictures."""
    async with arena.page() as page:
        said = sentence(await imported(page, _chat("Hello", PICTURES * 33_000)))
    return Seen(f"400 kB; told: {said[:70] or 'nothing, it was taken'}", True)


async def edited(arena: Arena) -> Seen:
    """The same as an edit of an answer."""
    async with arena.page() as page:
        await page.say("Hello", **{"max-tokens": 4})
        said = sentence(await commanded(page, do="rewrite", index=1, text=PICTURES * 33_000))
    return Seen(f"400 kB; told: {said[:70] or 'nothing, it was taken'}", True)


async def short_messages(arena: Arena) -> Seen:
    """4,000 of them, and then an answer that streams."""
    async with arena.page() as page:
        said = sentence(await imported(page, _chat(*["Hi"] * 4_000)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(12):
                await page.say(f"{SLOWLY}, please", **{"max-tokens": 64})
    return Seen(f"told: {said[:70] or 'nothing, they were taken'}", True)


async def bodies(arena: Arena) -> Seen:
    """9 bodies of 7 MB of brackets."""
    body = b'{"data": [' + b"[]," * 2_300_000 + b"[]]}"
    async with arena.client() as client:
        headers = {"Content-Type": "application/json"}
        sent = await many([client.post("/gradio_api/queue/join", content=body, headers=headers) for _ in range(9)])
    return Seen(counted([getattr(one, "status_code", one) for one in sent]), True)


async def locked(arena: Arena) -> Seen:
    """A message is saved while somebody holds the history's file for 4 s."""
    assert arena.log
    file, held = arena.log.parent / "history.db", threading.Event()

    def hold() -> None:
        with contextlib.closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE")
            held.set()
            time.sleep(4)
            database.execute("ROLLBACK")

    async with arena.page() as page, arena.client("127.0.0.9") as other:
        await page.say("Hello", **{"max-tokens": 4})
        thread = threading.Thread(target=hold)
        thread.start()
        await asyncio.to_thread(held.wait, 10)
        talk = asyncio.ensure_future(page.say("Hello again", **{"max-tokens": 4}))
        slowest = 0.0
        while thread.is_alive():
            begun = time.monotonic()
            await other.get("/health")
            slowest = max(slowest, time.monotonic() - begun)
            await asyncio.sleep(0.05)
        state = (await talk).state
    return Seen(f"the slowest small request took {slowest:.1f} s; the message {state}", slowest < 1.5)


def _case(name: str, attack: Any, app: str = "plain", seconds: float = 30, growth: float = 600) -> Case:
    return Case("2", name, attack, app, seconds, growth)


CASES = (
    _case("33 tool schemas with a type of 12,600 entries", schemas),
    _case("8 calls of 50 kB against an enum of 80 kB", arguments),
    _case("an import of nothing but ![a](http://", brackets),
    _case("an edited answer of the same", edited),
    _case("4,000 short messages, and an answer streams", short_messages),
    _case("9 bodies of 7 MB of JSON", bodies),
    _case("saving while the history's file is locked", locked, "kept"),
)
