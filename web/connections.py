"""The server's connections: how long each may take over what it has to do, and how large a request may begin.

Of limits uvicorn has limit_concurrency, which refuses whoever comes when others have taken all; timeout_keep_alive,
which holds until the next byte; and h11_max_incomplete_event_size, which bounds the bytes of a head in several pieces.
"""

import asyncio
import math
import re
import sys
from dataclasses import dataclass
from enum import Enum
from typing import Any

import h11
from h11._receivebuffer import ReceiveBuffer
from uvicorn.protocols.http.h11_impl import H11Protocol

from web.crowd import Crowd
from web.incoming.headers import MAX_HEAD, MAX_LINES, TOO_LARGE
from web.incoming.turns import GONE
from web.requests import counted_as
from web.sockets import Lingering, unacknowledged

CHECK_SECONDS = 5.0
END_OF_HEAD = re.compile(rb"\A\r?\n|\n\r?\n")


@dataclass(frozen=True)
class Patience:
    """How long a client may take, in seconds, and the bytes that a body brings at least in that time.

    `head`: until a request is there whole but for its body. `idle`: between two requests; a proxy that keeps
    connections for longer sends requests into those that end (nginx: 60, AWS: 60, Go: 90, Caddy: 120). `body`: for
    `body_bytes` more of it, which is 0.5 kB/s, or its end. `unread`: for taking any of what was sent.
    A body that was answered before its end is let come for `body` and a second more for each `refused_rate` bytes, and
    up to `refused_bytes`: a browser reads no answer before it has sent all.
    """

    head: float = 20.0
    idle: float = 150.0
    body: float = 30.0
    body_bytes: int = 15_000
    unread: float = 60.0
    refused_rate: int = 20_000
    refused_bytes: int = 200_000_000


class Phase(Enum):
    """What a connection is at. The numbers say how soon it goes where there is no room: see Crowd."""

    HEAD = 0, "a request comes in"
    IDLE = 0, "none has begun since the last"
    REFUSED = 0, "a body comes in that nobody reads, since its answer is out"
    BODY = 1, "a body comes in"
    ANSWER = 2, "the app is at work, or sends"


class Lines(ReceiveBuffer):
    """Gives out the lines of a head, or of what may follow a body, where they are as few and short as the app takes.

    However many pieces they come in: h11 looks at that only while it waits for more. A line costs it about 10 µs.
    """

    def maybe_extract_lines(self) -> list[bytearray] | None:
        """See h11. Raises LocalProtocolError, which h11 passes on as a client's fault."""
        if is_large(bytes(self)):
            raise h11.LocalProtocolError(TOO_LARGE)
        return super().maybe_extract_lines()


def is_large(begun: bytes) -> bool:
    """Whether what a head begins with, or is, is more than the app takes."""
    if len(begun) <= MAX_HEAD and begun.count(b"\n") <= MAX_LINES:  # whatever comes behind it
        return False
    end = END_OF_HEAD.search(begun)
    size = end.end() if end else len(begun)
    return size > MAX_HEAD or begun.count(b"\n", 0, size) > MAX_LINES


class Connection(H11Protocol):
    """One that ends where its client takes too long, or where there is no room for it in its crowd."""

    def __init__(self, *given: Any, crowd: Crowd, patience: Patience = Patience(), **named: Any) -> None:
        super().__init__(*given, **named)
        self.conn = h11.Connection(h11.SERVER, MAX_HEAD)
        self.conn._receive_buffer = Lines()
        self._gone: asyncio.Future[None] = self.loop.create_future()
        self.app_state = self.app_state | {GONE: self._gone}
        self.host = ""  # the address that it is from, which may be a proxy's
        self._crowd, self._patience = crowd, patience
        self._received = 0  # bytes, since something changed last
        self._seen: tuple[object, ...] = ()
        self._since = self.loop.time()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio.Protocol."""
        super().connection_made(Lingering(transport, self._is_sending))  # type: ignore[arg-type]
        self.host = counted_as(self.client[0]) if self.client else ""
        self._check()
        self._crowd.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self._crowd.leave(self)
        if self._timer:
            self._timer.cancel()
        self._gone.set_result(None)
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # which would keep one that was reset until it is due

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._received += len(data)
        if not self._is_lingering:
            super().data_received(data)
        if self.phase is Phase.REFUSED and self._received > self._patience.refused_bytes:
            self.end()
        self._crowd.changed(self)

    def on_response_complete(self) -> None:
        """See H11Protocol."""
        self._received = 0
        super().on_response_complete()
        self._crowd.changed(self)
        self._crowd.weigh(self)

    def pause_writing(self) -> None:
        """See asyncio.Protocol: as much waits for the client as may wait of what is not all there yet."""
        super().pause_writing()
        self._crowd.weigh(self)

    def send_400_response(self, msg: str) -> None:
        """Answers what is no request, or one whose head is too large, where no answer has begun."""
        if error := sys.exception():  # h11's: raised again by a method of its own, it would keep itself and all of this
            error.__traceback__ = None
        if self.cycle and not self.cycle.response_complete:  # the app's own answer would come after this one
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.end()
            return
        status, sentence = (431, TOO_LARGE) if is_large(self.conn.trailing_data[0]) else (400, msg)
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        answer = h11.Response(status_code=status, headers=headers), h11.Data(data=sentence.encode()), h11.EndOfMessage()
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in answer))
        self.transport.close()

    def _should_upgrade(self) -> bool:
        """There are no websockets here: a request for one is as any other."""
        return False

    def end(self) -> None:
        """Ends it at once, whatever has not gone out."""
        self._crowd.leave(self)  # and not when the loop comes to it, so that it counts no more
        self.transport.abort()

    @property
    def rank(self) -> int:
        """See Crowd."""
        return self.phase.value[0]

    @property
    def untaken(self) -> int:
        """See Crowd."""
        return self.transport.get_write_buffer_size()

    @property
    def phase(self) -> Phase:
        """What it is at; not at its body where the app does not take what has come."""
        if self._is_lingering:
            return Phase.REFUSED
        if self.cycle is None:
            return Phase.HEAD
        if self.cycle.response_complete:
            if self.conn.their_state is h11.SEND_BODY:
                return Phase.REFUSED
            return Phase.HEAD if self.conn.trailing_data[0] else Phase.IDLE
        return Phase.BODY if self.cycle.more_body and not self.flow.read_paused else Phase.ANSWER

    @property
    def _is_lingering(self) -> bool:
        return bool(self.transport.is_lingering)  # type: ignore[attr-defined]

    def _is_sending(self) -> bool:
        return self.conn.their_state in (h11.SEND_BODY, h11.ERROR) or bool(self.conn.trailing_data[0])

    def _check(self) -> None:
        """Looks now and then whether anything has changed since, and ends what has stood still for too long."""
        unsent = self.transport.get_write_buffer_size() + unacknowledged(self.transport)
        phase, now = self.phase, self.loop.time()
        seen = (self.cycle, phase, unsent)
        if seen != self._seen or (phase is Phase.BODY and self._received >= self._patience.body_bytes):
            self._seen, self._since = seen, now
            self._received = self._received if phase is Phase.REFUSED else 0
        elif now - self._since > self._allowed(phase, unsent):
            self.end()
            return
        self._crowd.changed(self)
        self._crowd.weigh(self)
        wait = min(CHECK_SECONDS, self._patience.head)
        self._timer = self.loop.call_later(wait, self._check)

    def _allowed(self, phase: Phase, unsent: int) -> float:
        if unsent:
            return self._patience.unread
        return {
            Phase.HEAD: self._patience.head,
            Phase.IDLE: self._patience.idle,
            Phase.REFUSED: self._patience.body + self._received / self._patience.refused_rate,
            Phase.BODY: self._patience.body,
            Phase.ANSWER: math.inf,
        }[phase]
