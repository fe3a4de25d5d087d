"""Requests of one visitor begin a few at a time, however many connections they come by."""

import asyncio

import pytest

from web.incoming.turns import BEGINNING_SECONDS, GONE, REQUESTS, Beginnings
from web.limits import Limits
from web.middleware import guards
from web.requests import App, Message, Receive, Scope, Send

MANY = 200


async def received() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def unheard(message: Message) -> None:
    """Nobody takes the answer."""


def asked(address: str, path: str = "/gradio_api/user") -> Scope:
    return {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [(b"host", b"localhost")],
        "client": (address, 1), "server": ("127.0.0.1", 7860), "scheme": "http",
    }  # fmt: skip


def guarded(app: App, **limits: int) -> App:
    for guard in reversed(guards(Limits(**limits))):
        app = guard.cls(app, *guard.args, **guard.kwargs)  # type: ignore[assignment]
    return app


def answering(begun: list[str], seconds: float = 0.0) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        begun.append(scope["client"][0])
        await asyncio.sleep(seconds)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return answer


async def crowd(app: App, path: str = "/gradio_api/user") -> None:
    """Many requests of one visitor, and then one of another."""
    asks = [asked("203.0.113.1", path)] * MANY + [asked("203.0.113.2", path)]
    await asyncio.gather(*(app(one, received, unheard) for one in asks))


@pytest.mark.parametrize(("path", "most"), [("/gradio_api/user", REQUESTS), ("/", 1), ("/config", 1)])
def test_another_is_heard_after_a_few_of_whoever_asks_much(path: str, most: int) -> None:
    begun: list[str] = []
    asyncio.run(crowd(guarded(answering(begun)), path))
    assert begun.index("203.0.113.2") <= most
    assert len(begun) == MANY + 1


@pytest.mark.parametrize("path", ["/gradio_api/user", "/nothing"])
def test_whoever_is_refused_is_refused_slowly(path: str) -> None:
    heard: list[str] = []

    async def one(app: App, scope: Scope) -> None:
        async def note(message: Message) -> None:
            heard.append(scope["client"][0])

        await app(scope, received, note)

    async def ask() -> None:
        app = guarded(answering([]), requests_per_minute=REQUESTS)
        await asyncio.gather(*(one(app, asked("203.0.113.1")) for _ in range(REQUESTS)))
        heard.clear()
        refused = [asyncio.ensure_future(one(app, asked("203.0.113.1", path))) for _ in range(MANY)]
        await asyncio.sleep(0)
        await one(app, asked("203.0.113.2"))
        assert heard.index("203.0.113.2") <= 2 * REQUESTS  # each tells of a head and a body
        async with asyncio.timeout(30):
            while heard.count("203.0.113.1") <= 2 * REQUESTS:
                await asyncio.sleep(BEGINNING_SECONDS / 10)
        assert heard.count("203.0.113.1") <= 2 * 2 * REQUESTS  # those that waited, and not all
        for each in refused:
            each.cancel()

    asyncio.run(ask())


def test_what_is_answered_late_holds_nobody_up_for_long() -> None:
    begun: list[str] = []

    async def ask() -> None:
        app = Beginnings(answering(begun, 60), of_one=2, seconds=0.01)
        asks = [asyncio.ensure_future(app(asked("203.0.113.1"), received, unheard)) for _ in range(10)]
        async with asyncio.timeout(30):
            while len(begun) < 10:
                await asyncio.sleep(0.01)
        for one in asks:
            one.cancel()

    asyncio.run(ask())


def test_of_what_waits_nothing_is_held_once_its_client_is_gone() -> None:
    """Else who sends and leaves, again and again, has the app hold all that was sent."""
    begun: list[str] = []

    async def ask() -> None:
        app = Beginnings(answering(begun, 60), of_one=1, seconds=None)
        first = asyncio.ensure_future(app(asked("203.0.113.1"), received, unheard))
        clients = [asyncio.get_running_loop().create_future() for _ in range(10)]
        scopes = [asked("203.0.113.1") | {"state": {GONE: gone}} for gone in clients]
        waiting = [asyncio.ensure_future(app(scope, received, unheard)) for scope in scopes]
        await asyncio.sleep(0)
        for gone in clients[:9]:
            gone.set_result(None)
        done = set[asyncio.Future[None]]()
        async with asyncio.timeout(30):
            while len(done) < 9:
                done |= (await asyncio.wait({*waiting} - done, return_when=asyncio.FIRST_COMPLETED))[0]
        await asyncio.sleep(0.1)
        assert not waiting[9].done()
        assert not any(one.cancelled() or one.exception() for one in done)
        first.cancel()
        while len(begun) < 2:
            await asyncio.sleep(0)
        clients[9].set_result(None)  # of one that has begun: that is the app's own affair
        await asyncio.sleep(0.01)
        assert not waiting[9].done()
        waiting[9].cancel()

    asyncio.run(ask())
