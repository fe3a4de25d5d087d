"""What connections take of the system: descriptors, a place in its backlog, and what it has yet to send."""

import asyncio
import contextlib
import logging
import math
import struct
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

MAX_BACKLOG = 2_048  # connections that wait to be taken up
QUIET_SECONDS = 60.0  # between two lines on the same trouble
MAX_DESCRIPTORS = 65_536


class Lingering:
    """A transport that is closed only when its client has sent all, where that is not done.

    A socket that is closed while more comes resets the connection, and the client may lose what it was sent last. So
    the client is told that nothing more comes (https://www.rfc-editor.org/rfc/rfc9112#section-9.6), and who closed it
    sees to it that this has an end.
    """

    def __init__(self, transport: asyncio.Transport, is_sending: Callable[[], bool]) -> None:
        """`is_sending`, a method of who owns this: whether the client has more to send."""
        self._transport, self._is_sending = transport, WeakMethod(is_sending)  # or each kept the other, and its request
        self.is_lingering = False

    def close(self) -> None:
        """See asyncio.Transport."""
        is_sending = self._is_sending()
        if self.is_closing() or not self._transport.can_write_eof() or not (is_sending and is_sending()):
            self._transport.close()
            return
        self.is_lingering = True
        self._transport.write_eof()
        self._transport.resume_reading()

    def is_closing(self) -> bool:
        """See asyncio.Transport."""
        return self.is_lingering or self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def unacknowledged(transport: asyncio.Transport) -> int:
    """Bytes that the system has yet to get rid of, as a client that does not read leaves them; 0 where it does not say.

    SIOCOUTQ, which is TIOCOUTQ by another name: https://man7.org/linux/man-pages/man7/tcp.7.html
    """
    try:
        import fcntl
        import termios
    except ImportError:  # Windows
        return 0
    if not (socket := transport.get_extra_info("socket")):
        return 0
    with contextlib.suppress(OSError):
        count: int = struct.unpack("i", fcntl.ioctl(socket.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0]
        return count
    return 0


def backlog(most: int) -> int:
    """How many may wait to be taken up: each has its descriptor before it can be ended for `most`.

    asyncio takes up so many before it looks at any, and as many again before the first of those have been ended.
    """
    return min(MAX_BACKLOG, most // 4)


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
