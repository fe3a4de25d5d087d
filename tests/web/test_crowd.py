"""Which connection ends where one more comes than there is room for, and what it costs to find that out."""

import asyncio
import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from web.connections import Connection
from web.crowd import Crowd
from web.requests import Receive, Scope, Send
from web.sockets import Lingering

WAITS, BODY, STREAM = range(3)  # ranks
NEWCOMERS = 50


class Member:
    """A connection of someone, at something."""

    def __init__(self, host: str, rank: int = WAITS) -> None:
        self.host, self.rank, self.untaken, self.ended = host, rank, 0, False

    def end(self) -> None:
        self.ended = True


def crowd(*members: Member, most: int = 0) -> Crowd:
    """Of these, with room for no more of them."""
    made = Crowd(most or len(members))
    for member in members:
        made.enter(member)
    return made


def test_whoever_has_most_of_those_that_wait_loses_the_oldest() -> None:
    ada, many = Member("ada"), [Member("many") for _ in range(3)]
    newcomers = [Member("new"), Member("newer"), Member("newest")]
    full = crowd(ada, *many)
    for newcomer in newcomers[:2]:
        full.enter(newcomer)
    assert [one.ended for one in (*many, ada, *newcomers[:2])] == [True, True, False, False, False, False]
    full.enter(newcomers[2])
    assert ada.ended  # where all have one, the oldest


def test_a_body_goes_before_a_stream_and_after_all_that_wait() -> None:
    stream, body, waits = Member("ada", STREAM), Member("bob", BODY), Member("cat")
    full = crowd(stream, body, waits)
    full.enter(Member("new", STREAM))
    full.enter(Member("newer", STREAM))
    assert (waits.ended, body.ended, stream.ended) == (True, True, False)


def test_who_holds_many_bodies_pays_before_who_has_one_that_waits() -> None:
    bodies, waits, newcomer = [Member("many", BODY) for _ in range(3)], Member("ada"), Member("new")
    crowd(*bodies, waits).enter(newcomer)
    assert [one.ended for one in (*bodies, waits, newcomer)] == [True, False, False, False, False]


def test_nobody_ends_a_stream_for_one_more_of_their_own() -> None:
    streams, own, other = [Member("many", STREAM) for _ in range(3)], Member("many"), Member("ada")
    full = crowd(*streams, Member("bob", STREAM))
    full.enter(own)
    assert own.ended
    full.enter(other)
    assert [stream.ended for stream in streams] == [True, False, False]
    assert not other.ended


def test_who_holds_many_streams_ends_nobody_elses_first_request_with_more_of_their_own() -> None:
    streams, other = [Member("many", STREAM) for _ in range(4)], Member("ada")
    full = crowd(*streams[:3], other)
    more = [Member("many") for _ in range(5)]
    for newcomer in more:
        full.enter(newcomer)
    assert (other.ended, all(newcomer.ended for newcomer in more)) == (False, True)
    assert not any(stream.ended for stream in streams[:3])


def test_who_has_most_of_all_loses_their_own_that_wait() -> None:
    many, waits, other = [Member("many", STREAM) for _ in range(3)], Member("many"), Member("ada")
    full = crowd(other, *many, waits)
    full.enter(newcomer := Member("many"))
    assert (other.ended, waits.ended, newcomer.ended) == (False, True, False)


def test_what_has_begun_something_since_is_not_ended_for_what_it_was() -> None:
    began, waits = Member("many"), Member("many")
    full = crowd(began, waits)
    began.rank = STREAM
    full.enter(Member("new"))
    assert (began.ended, waits.ended) == (False, True)


def test_who_left_makes_room() -> None:
    first, second = Member("ada"), Member("ada")
    full = crowd(first, second)
    full.leave(first)
    full.changed(first)  # as it may be told of one whose end was on its way
    full.enter(Member("bob"))
    assert not first.ended
    assert not second.ended


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Never answers."""


class Wire(asyncio.Transport):
    """Leads to a client at this address, who says no more than is handed on."""

    def __init__(self, host: str) -> None:
        super().__init__({"peername": (host, 1)})
        self.is_aborted = False

    def get_write_buffer_size(self) -> int:
        return 0

    def abort(self) -> None:
        self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_aborted


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


def calls(work: Callable[[], object]) -> int:
    """How many functions it calls."""
    count = 0

    def counted(frame: FrameType, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def cost(most: int, said: bytes, address: str, loop: asyncio.AbstractEventLoop) -> int:
    """Of NEWCOMERS in a crowd of so many connections that have said this, in calls of functions."""
    config, state, held = uvicorn.Config(_app, lifespan="off"), ServerState(), Crowd(most)

    def comes(number: int) -> Wire:
        wire = Wire(address.format(number // 250, number % 250))
        connection = Connection(config=config, server_state=state, app_state={}, _loop=loop, crowd=held)
        connection.connection_made(wire)
        if said:
            connection.data_received(said)
        return wire

    wires = [comes(number) for number in range(most)]
    count = calls(lambda: wires.extend([comes(most + number) for number in range(NEWCOMERS)]))
    assert sum(wire.is_aborted for wire in wires) == NEWCOMERS
    for task in state.tasks:
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    return count


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"]
)
@pytest.mark.parametrize("address", ["203.0.113.7", "198.51.{}.{}"], ids=["one", "many"])
def test_a_newcomer_costs_as_much_in_a_crowd_of_eight_times_the_size(
    said: bytes, address: str, loop: asyncio.AbstractEventLoop
) -> None:
    few, many = (cost(most, said, address, loop) for most in (200, 1_600))
    assert many < 1.5 * few


def test_what_a_connection_held_is_gone_with_it_and_waits_for_no_collector() -> None:
    class Owner:
        def __init__(self) -> None:
            self.transport = Lingering(asyncio.Transport(), self.is_sending)

        def is_sending(self) -> bool:
            return True

    gc.disable()
    try:
        kept = weakref.ref(Owner())
        assert kept() is None
    finally:
        gc.enable()
