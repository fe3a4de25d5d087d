"""How many pieces of a kind of work one visitor has under way at a time; more of them wait."""

import asyncio
import re
from contextlib import ExitStack
from weakref import WeakValueDictionary

from web.requests import App, Message, Receive, Scope, Send, visitor

REQUESTS, BEGINNING_SECONDS = 4, 0.1  # that begin at a time, and how long one counts as beginning
ANY = re.compile(".*", re.DOTALL)
GONE = "gone"  # in the state of a request: a future that is done when its connection is lost


class Turns:
    """So many of one visitor at a time. Used within one event loop."""

    def __init__(self, of_one: int) -> None:
        self._of_one = of_one
        self._turns = WeakValueDictionary[str, asyncio.Semaphore]()  # by visitor, while somebody holds or awaits one

    def of(self, visitor: str) -> asyncio.Semaphore:
        """What this visitor's next piece is to be done within; to be kept until it is done."""
        return self._turns.setdefault(visitor, asyncio.Semaphore(self._of_one))


class Beginnings:
    """Has so many requests of one visitor begin at a time.

    The event loop takes up one of every connection in each of its rounds, whether the app refuses it or not: without
    this who has a thousand connections has a thousand pieces of work done before anybody else's next.
    """

    def __init__(
        self, app: App, of_one: int = REQUESTS, seconds: float | None = BEGINNING_SECONDS, paths: re.Pattern[str] = ANY
    ) -> None:
        """Of requests for these paths. One has begun with its answer, or after so many seconds where there are some.

        After a refusal the next waits BEGINNING_SECONDS: what is refused is not counted everywhere, and whoever is told
        to wait may not.
        """
        self.app = app
        self._turns, self._seconds, self._paths = Turns(of_one), seconds, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._paths.fullmatch(scope["path"]):
            await self.app(scope, receive, send)
            return
        loop, turn, beginning = asyncio.get_running_loop(), self._turns.of(visitor(scope)), ExitStack()
        if not await _got(turn, scope.get("state", {}).get(GONE)):
            return
        beginning.callback(loop.call_soon, turn.release)  # once; in the next round, since a refusal is all of one

        async def begun(message: Message) -> None:
            if message.get("status", 200) < 400:
                beginning.close()
            else:
                loop.call_later(BEGINNING_SECONDS, beginning.pop_all().close)
            await send(message)

        timer = loop.call_later(self._seconds, beginning.close) if self._seconds else None
        try:
            await self.app(scope, receive, begun)
        finally:
            beginning.close()
            if timer:
                timer.cancel()


async def _got(turn: asyncio.Semaphore, gone: asyncio.Future[None] | None) -> bool:
    """Waits for a turn; whether there is still somebody to answer. Else what was sent would be held until it comes."""
    if gone is None or not turn.locked():
        return await turn.acquire()
    task, waits = asyncio.current_task(), True
    assert task

    def leave(_: asyncio.Future[None]) -> None:
        if waits:
            task.cancel()

    gone.add_done_callback(leave)
    try:
        return await turn.acquire()
    except asyncio.CancelledError:
        if not gone.done() or task.uncancel():
            raise
        return False
    finally:
        waits = False
        gone.remove_done_callback(leave)
