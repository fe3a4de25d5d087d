"""The server's connections: how long each may take over what it has to do, and how many there are.

Of limits uvicorn has limit_concurrency, which refuses whoever comes when others have taken all; timeout_keep_alive,
which holds until the next byte; and h11_max_incomplete_event_size, which bounds bytes and not time.
"""

import asyncio
import contextlib
import logging
import math
import struct
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from web.requests import counted_as

CHECK_SECONDS = 5.0
MAX_BACKLOG = 2_048  # connections that wait to be taken up
QUIET_SECONDS = 60.0  # between two lines on the same trouble
MAX_DESCRIPTORS = 65_536


@dataclass(frozen=True)
class Patience:
    """How long a client may take, in seconds, and the bytes that a body brings at least in that time.

    `head`: until a request is there whole but for its body. `body`: for `body_bytes` more of it, which is 0.5 kB/s, or
    its end. `unread`: for taking any of what was sent.
    """

    head: float = 20.0
    body: float = 30.0
    body_bytes: int = 15_000
    unread: float = 60.0


class Connection(H11Protocol):
    """One that ends where its client takes too long, or where there is no room for it beside `most` others."""

    def __init__(self, *given: Any, most: int = 10_000, patience: Patience = Patience(), **named: Any) -> None:
        super().__init__(*given, **named)
        self._most, self._patience = most, patience
        self._received = 0  # bytes, since something changed last
        self._seen: tuple[object, ...] = ()
        self._since = self.loop.time()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio.Protocol."""
        super().connection_made(transport)
        self._check()
        if len(self.connections) > self._most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        if self._timer:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._received += len(data)
        super().data_received(data)

    def _should_upgrade(self) -> bool:
        """There are no websockets here: a request for one is as any other."""
        return False

    def end(self) -> None:
        """Ends it at once, whatever has not gone out."""
        self.connections.discard(self)  # and not when the loop comes to it, so that it counts no more
        self.transport.abort()

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a request."""
        return self.cycle is None or self.cycle.response_complete

    @property
    def is_receiving(self) -> bool:
        """Whether it waits for more of a request's body; not where the app does not take what has come."""
        return not self.is_waiting and self.cycle.more_body and not self.flow.read_paused

    def _check(self) -> None:
        """Looks now and then whether anything has changed since, and ends what has stood still for too long."""
        unsent = self.transport.get_write_buffer_size() + _unacknowledged(self.transport)
        seen = (self.cycle, self.is_waiting, self.is_receiving, unsent)
        now = self.loop.time()
        if seen != self._seen or (self.is_receiving and self._received >= self._patience.body_bytes):
            self._seen, self._since, self._received = seen, now, 0
        elif now - self._since > self._allowed(unsent):
            self.end()
            return
        wait = min(CHECK_SECONDS, self._patience.head)
        self._timer = self.loop.call_later(wait, self._check)

    def _allowed(self, unsent: int) -> float:
        if unsent:
            return self._patience.unread
        if self.is_waiting:
            return self._patience.head
        return self._patience.body if self.is_receiving else math.inf

    def _make_room(self) -> None:
        """Ends the oldest of those that wait for their clients, of the address that has most of them; else this."""
        others = [other for other in self.connections if isinstance(other, Connection) and other is not self]
        waiting = [other for other in others if other.is_waiting] or [other for other in others if other.is_receiving]
        if not waiting and others:  # streams: whoever has most of them has fewer, and never for more of their own
            ((fullest, _),) = Counter(other.host for other in others).most_common(1)
            waiting = [other for other in others if other.host == fullest != self.host]
        for host, _ in Counter(other.host for other in waiting).most_common(1):
            theirs = sorted((other for other in waiting if other.host == host), key=lambda other: other._since)
            for other in theirs[: 1 + self._most // 20]:  # some at once, since each look at all costs
                other.end()
            return
        self.end()

    @property
    def host(self) -> str:
        """The address that it is from, which may be a proxy's."""
        return counted_as(self.client[0]) if self.client else ""


def _unacknowledged(transport: asyncio.Transport) -> int:
    """Bytes that the system has yet to get rid of, as a client that does not read leaves them; 0 where it does not say.

    SIOCOUTQ, which is TIOCOUTQ by another name: https://man7.org/linux/man-pages/man7/tcp.7.html
    """
    try:
        import fcntl
        import termios
    except ImportError:  # Windows
        return 0
    socket = transport.get_extra_info("socket")
    with contextlib.suppress(OSError):
        count: int = struct.unpack("i", fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0]
        return count
    return 0


def backlog(most: int) -> int:
    """How many may wait to be taken up, all at once: each has its descriptor before it can be ended for `most`."""
    return min(MAX_BACKLOG, most // 2)


class Seldom(logging.Filter):
    """Lets a line on connections for which there is no descriptor pass once in a while: of those Python 3.11 writes
    one for each place in the backlog, each with a trace, and that every second."""

    def __init__(self) -> None:
        super().__init__()
        self._told_at = -math.inf

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging.Filter."""
        if "socket.accept()" not in record.getMessage():
            return True
        is_due = time.monotonic() - self._told_at > QUIET_SECONDS
        self._told_at = time.monotonic() if is_due else self._told_at
        return is_due


def most_connections() -> int:
    """How many connections leave as many descriptors for all else: files, uploads, processes, servers.

    Raises this process's own limit to what it may have, for which some systems give 256 or 1,024 at first.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MAX_DESCRIPTORS // 2
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MAX_DESCRIPTORS)
    for most in (wanted, 10_240):  # macOS takes no more
        if soft == resource.RLIM_INFINITY or soft >= most:
            break
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return (MAX_DESCRIPTORS if soft == resource.RLIM_INFINITY else min(soft, MAX_DESCRIPTORS)) // 2
