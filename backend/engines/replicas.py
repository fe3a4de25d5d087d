"""Several servers of one model, as one Engine.

Each conversation stays on one of them, since that one has its earlier turns in memory already. Which one is remembered
by the conversation's name and not computed from its words: so an edit moves nothing, and a new conversation goes to
whoever has the least to do, which no hash could know. What is remembered is bounded; a conversation that was forgotten,
or that comes after a restart of the app, is read anew once, as one is whose server was down.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import count
from typing import Protocol

from backend.chat.errors import ServerDown
from backend.chat.request import ChatRequest, Event, Waiting
from backend.engines.engine import Engine

AWAY_SECONDS = 10.0  # between two looks at a server that is left out
PAUSE_SECONDS = 1.0  # before all are asked again, where none has been up so far
POLL_SECONDS = 0.2
TIMEOUT_SECONDS = 3600.0
WAITING = "Waiting for the server…"
MAX_KEPT = 20_000  # conversations, at some 200 bytes each
log = logging.getLogger(__name__)


class Server(Engine, Protocol):
    """What is asked of each server: ServerDown, where another can be asked in its place, and three things besides."""

    def answers(self) -> bool:
        """Whether it is up."""
        ...

    def is_coming(self) -> bool:
        """Whether it has not been up so far, or loads its model: it may be waited for."""
        ...

    def close(self) -> None:
        """Closes all connections."""
        ...


class _Replica:
    """One server, and what is known of it."""

    def __init__(self, number: int, engine: Server) -> None:
        self.number, self.engine = number, engine
        self.running = 0  # answers under way
        self.turn = number  # of the last new conversation that it was given
        self.is_out = False


class Replicas:
    """Spreads requests over servers, leaves out those that are down, and takes them back by itself.

    `timeout` is in seconds: how long a request waits for the first server to be up.
    """

    def __init__(self, engines: Sequence[Server], timeout: float = TIMEOUT_SECONDS) -> None:
        self._replicas = [_Replica(number, engine) for number, engine in enumerate(engines)]
        self._timeout = timeout
        self._turns = count(len(engines))
        self._kept: OrderedDict[str, _Replica] = OrderedDict()  # by the conversation's name, the last used at the end
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def close(self) -> None:
        """Closes all connections, and looks at no server any more."""
        self._closing.set()
        for replica in self._replicas:
            replica.engine.close()

    def stream(self, request: ChatRequest) -> Generator[Event, None, None]:
        """See Engine.stream. Where none has been up so far, it waits until one is."""
        over = time.monotonic() + self._timeout
        while True:
            try:
                return (yield from self._asked(request))
            except ServerDown:
                if time.monotonic() > over or not all(replica.engine.is_coming() for replica in self._replicas):
                    raise
            again = min(over, time.monotonic() + PAUSE_SECONDS)
            while time.monotonic() < again:
                yield Waiting(WAITING)
                time.sleep(POLL_SECONDS)

    def _asked(self, request: ChatRequest) -> Generator[Event, None, None]:
        """One that is down before it begins to answer is passed over within the same request.

        Whether the fault was its own shows when another answers: only then it is left out of what comes next.
        """
        passed: list[_Replica] = []
        while True:
            replica = self._taken(request.conversation, passed)
            try:
                with closing(replica.engine.stream(request)) as events:
                    for event in events:
                        if passed and not isinstance(event, Waiting):
                            self._leave_out(passed)
                            passed = []
                        yield event
                return
            except ServerDown:
                passed.append(replica)
                if len(passed) == len(self._replicas):
                    raise
            finally:
                with self._lock:
                    replica.running -= 1

    def _taken(self, conversation: str, passed: Sequence[_Replica]) -> _Replica:
        """The server of this conversation, or where it has none (that is up), that with the least to do, in turn."""
        with self._lock:
            left = [replica for replica in self._replicas if replica not in passed]
            left = [replica for replica in left if not replica.is_out] or left
            chosen = self._kept.pop(conversation, None)
            if chosen not in left:
                chosen = min(left, key=lambda replica: (replica.running, replica.turn))
                chosen.turn = next(self._turns)
            assert chosen
            if conversation:
                self._kept[conversation] = chosen
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
            chosen.running += 1
            return chosen

    def _leave_out(self, replicas: Sequence[_Replica]) -> None:
        with self._lock:
            new = [replica for replica in replicas if not replica.is_out]
            for replica in new:
                replica.is_out = True
        for replica in new:
            log.warning("server %d of %d is left out until it answers", replica.number + 1, len(self._replicas))
            threading.Thread(target=self._take_back, args=(replica,), name="replica", daemon=True).start()

    def _take_back(self, replica: _Replica) -> None:
        while not self._closing.wait(AWAY_SECONDS):
            if replica.engine.answers():
                replica.is_out = False
                return log.warning("server %d of %d answers again", replica.number + 1, len(self._replicas))
