"""Connections that never get on, at a real server: each has its time, and none keeps the others out."""

import asyncio
import contextlib
import gc
import logging
import resource
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import uvicorn

from web.connections import Connection, Patience
from web.crowd import Crowd, Untaken
from web.incoming.headers import MAX_HEAD, MAX_LINES, TOO_LARGE
from web.requests import Message, Receive, Scope, Send
from web.sockets import Seldom, backlog, most_connections

# Each a multiple of what the tests wait between two pieces, for a machine that is busy with other things.
PATIENCE = Patience(head=0.8, idle=5.0, body=2.0, body_bytes=40, unread=1.0, refused_rate=50, refused_bytes=100_000)
MOST = 30
ANSWER, MAY_WAIT = 3_000_000, 10_000_000  # bytes of an answer, and of all that may wait for one address
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n"
ENDED = 30.0  # seconds within which a connection has to end that waits for nothing but time


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says how many bytes came; at /stream it writes much before, at /refused it looks at none, as at /late.

    What it says at /large no system takes at once.
    """
    if scope["type"] != "http":
        return
    if scope["path"] in ("/refused", "/late"):
        await asyncio.sleep(0.2 if scope["path"] == "/late" else 0)
        await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"4")]})
        await send({"type": "http.response.body", "body": b"less"})
        return
    message: Message = {"more_body": True}
    count = 0
    while message.get("more_body"):
        message = await receive()
        count += len(message.get("body", b""))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(500 if scope["path"] == "/stream" else 0):  # 50 MB, which no buffer holds
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
    large = b"x" * ANSWER if scope["path"] == "/large" else b""
    await send({"type": "http.response.body", "body": large + f"{count} bytes".encode()})


@pytest.fixture(scope="module", params=[PATIENCE], ids=["impatient"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[uvicorn.Server, int]]:
    protocol = partial(Connection, crowd=Crowd(MOST, Untaken(MAY_WAIT)), patience=request.param)
    config = uvicorn.Config(_app, port=0, http=protocol, lifespan="off", log_level="critical", timeout_keep_alive=60)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server, server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = server.force_exit = True
    thread.join(10)


@pytest.fixture
def connect(served: tuple[uvicorn.Server, int]) -> Iterator[Callable[[bytes], socket.socket]]:
    with contextlib.ExitStack() as opened:

        def connection(sent: bytes) -> socket.socket:
            client = opened.enter_context(socket.create_connection(("127.0.0.1", served[1]), timeout=ENDED))
            client.sendall(sent)
            return client

        yield connection


def heard(client: socket.socket) -> bytes:
    """All that comes until the other side ends it."""
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := client.recv(100_000):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", GET[:-2], GET + b"GET / HT", POST, POST + b"x", POST.replace(b"POST", b"GET"),
     b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"],
    ids=["nothing", "letter", "half a head", "second head", "no body", "half a body", "body of GET", "half a piece"],
)  # fmt: skip
def test_who_says_half_of_it_and_no_more_is_hung_up_on(sent: bytes, connect: Callable[[bytes], socket.socket]) -> None:
    assert heard(connect(sent)).count(b"200 OK") == sent.count(GET)


def test_a_websocket_is_asked_for_in_vain_and_at_once(
    connect: Callable[[bytes], socket.socket], caplog: pytest.LogCaptureFixture
) -> None:
    upgrade = (
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n"
    )
    assert b"0 bytes" in heard(connect(GET[:-2] + upgrade))
    assert not caplog.records


def test_a_body_that_drips_is_given_up(connect: Callable[[bytes], socket.socket]) -> None:
    client = connect(POST)
    with pytest.raises(OSError, match=r"pipe|reset"):  # noqa: PT012
        for _ in range(100):
            client.sendall(b"x")
            time.sleep(0.1)


def test_a_slow_body_that_gets_on_is_taken_whole(connect: Callable[[bytes], socket.socket]) -> None:
    client = connect(POST)
    for _ in range(10):  # 2.5 s, which is longer than a body may stand still
        time.sleep(0.25)
        client.sendall(b"x" * 20)
    assert b"200 bytes" in heard(client)


def test_what_nobody_reads_is_given_up(
    served: tuple[uvicorn.Server, int], connect: Callable[[bytes], socket.socket]
) -> None:
    connect(GET.replace(b"/", b"/stream", 1))
    until = time.monotonic() + ENDED
    while not served[0].server_state.tasks and time.monotonic() < until:
        time.sleep(0.01)
    while served[0].server_state.connections and time.monotonic() < until:
        time.sleep(0.05)
    assert not served[0].server_state.connections


def test_what_is_read_a_little_at_a_time_waits_for_one_address_up_to_a_limit(
    served: tuple[uvicorn.Server, int], connect: Callable[[bytes], socket.socket]
) -> None:
    """Each takes enough not to be given up; whoever reads at once is let be."""
    large = GET.replace(b"/", b"/large", 1)
    with contextlib.ExitStack() as opened:
        slow = [opened.enter_context(socket.socket()) for _ in range(12)]
        for client in slow:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # else the system itself takes much of each
            client.connect(("127.0.0.1", served[1]))
            client.sendall(large)
            client.recv(100)
        until = time.monotonic() + 2 * PATIENCE.unread
        while time.monotonic() < until:
            for client in slow:
                with contextlib.suppress(OSError):  # those that were ended
                    client.recv(4_096, socket.MSG_DONTWAIT)
            time.sleep(0.05)
        held = len(served[0].server_state.connections)
        assert 0 < held <= MAY_WAIT // (ANSWER // 2)
        assert len(heard(connect(large.replace(b"Host", b"Connection: close\r\nHost")))) > ANSWER


REFUSED = POST.replace(b"/", b"/refused", 1)
CLOSING = REFUSED[:-2] + b"Connection: close\r\n\r\n"  # as nginx asks by itself


@pytest.mark.parametrize("sent", [REFUSED, CLOSING], ids=["kept", "closing"])
def test_who_sends_what_is_refused_can_send_it_to_its_end_and_then_reads_why(
    sent: bytes, connect: Callable[[bytes], socket.socket]
) -> None:
    client = connect(sent)
    for _ in range(10):  # 2 s, which is longer than a head may take
        time.sleep(0.2)
        client.sendall(b"x" * 20)
    time.sleep(0.2)
    assert heard(client).endswith(b"\r\n\r\nless")


@pytest.mark.parametrize("sent", [REFUSED, CLOSING], ids=["kept", "closing"])
@pytest.mark.parametrize(("length", "piece", "wait"), [(200, 1, 0.1), (10_000_000, 20_000, 0.0)], ids=["slow", "large"])
def test_what_is_refused_and_drips_or_has_no_end_is_given_up(
    sent: bytes, length: int, piece: int, wait: float, connect: Callable[[bytes], socket.socket]
) -> None:
    client = connect(sent.replace(b": 200\r\n", b": %d\r\n" % length))
    with pytest.raises(OSError, match=r"pipe|reset"):  # noqa: PT012
        for _ in range(length // piece - 1):
            client.sendall(b"x" * piece)
            time.sleep(wait)


def test_a_connection_that_has_been_of_use_is_kept_for_longer_than_one_that_says_nothing(
    connect: Callable[[bytes], socket.socket],
) -> None:
    client = connect(GET)
    assert b"200 OK" in client.recv(1_000)
    time.sleep(2)  # more than twice as long as a head may take
    client.sendall(GET)
    assert heard(client).count(b"200 OK") == 1  # and then it ends all the same


COOKIES = GET[:-2] + b"Connection: close\r\nCookie: " + b"x" * 60_000 + b"\r\n\r\n"
LARGE = [
    GET[:-2] + b"Cookie: " + b"x" * MAX_HEAD + b"\r\n\r\n",
    GET[:-2] + b"a:\r\n" * MAX_LINES + b"\r\n",
    b"GET /" + b"x" * MAX_HEAD,
]


@pytest.mark.parametrize("served", [Patience()], indirect=True, ids=["patient"])
@pytest.mark.parametrize("pieces", [1, 2, 50])
@pytest.mark.parametrize("sent", [COOKIES, *LARGE], ids=["many cookies", "too many", "lines", "no end"])
def test_a_head_is_as_large_as_may_be_in_however_many_pieces_it_comes(
    sent: bytes, pieces: int, connect: Callable[[bytes], socket.socket]
) -> None:
    client, step = connect(b""), -(-len(sent) // pieces)
    for begin in range(0, len(sent), step):
        client.sendall(sent[begin : begin + step])
        time.sleep(0.004)
    told = heard(client)
    assert (
        told.startswith(b"HTTP/1.1 431") and told.endswith(TOO_LARGE.encode()) if sent in LARGE else b"200 OK" in told
    )


CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"


@pytest.mark.parametrize("ahead", [b"", GET, CHUNKED + b"\r\n"], ids=["alone", "behind one", "behind a body"])
@pytest.mark.parametrize("sent", [LARGE[1], CHUNKED + b"a:\r\n" * 50_000 + b"\r\n"], ids=["head", "trailers"])
def test_too_many_lines_are_refused_wherever_they_come(
    sent: bytes, ahead: bytes, connect: Callable[[bytes], socket.socket]
) -> None:
    told = heard(connect(ahead + sent))
    assert told.count(b"HTTP/1.1 431") == 1
    assert told.count(b"200 OK") == bool(ahead)


@pytest.mark.parametrize("path", [b"/", b"/late", b"/refused"])
def test_the_app_may_answer_what_turns_out_to_be_no_request(
    path: bytes,
    served: tuple[uvicorn.Server, int],
    connect: Callable[[bytes], socket.socket],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
    caplog.set_level(logging.ERROR, "uvicorn.error")
    client = connect(CHUNKED.replace(b"/", path, 1).replace(b"2\r\nab", b"zz\r\nab"))
    assert heard(client).startswith(b"HTTP/1.1 400")
    until = time.monotonic() + ENDED
    while served[0].server_state.tasks and time.monotonic() < until:
        time.sleep(0.01)
    assert not served[0].server_state.tasks
    assert not caplog.records


def test_a_few_lines_may_follow_a_body(connect: Callable[[bytes], socket.socket]) -> None:
    assert b"2 bytes" in heard(connect(CHUNKED + b"a: b\r\n" * 50 + b"\r\n"))


@pytest.mark.parametrize("sent", [b"", GET[:-2], POST])
def test_a_crowd_that_says_half_of_it_keeps_nobody_out(
    sent: bytes, served: tuple[uvicorn.Server, int], connect: Callable[[bytes], socket.socket]
) -> None:
    for _ in range(3 * MOST):
        connect(sent)
    assert b"200 OK" in heard(connect(GET))
    assert len(served[0].server_state.connections) <= MOST


NO_REQUEST = b"x" * 50_000 + b"\r\n\r\n"


@pytest.mark.parametrize("sent", [GET, REFUSED, NO_REQUEST, CHUNKED.replace(b"2\r\nab", b"zz\r\nab")])
def test_of_a_connection_that_its_client_resets_nothing_is_kept(
    sent: bytes, connect: Callable[[bytes], socket.socket]
) -> None:
    gc.collect()
    gc.disable()
    try:
        client = connect(sent)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert client.recv(1)  # it is answered
        time.sleep(0.2)
        assert held()
        client.close()
        until = time.monotonic() + ENDED
        while held() and time.monotonic() < until:
            time.sleep(0.05)
        assert not held()
    finally:
        gc.enable()


def held() -> int:
    """How many connections are in memory."""
    return sum(type(each) is Connection for each in gc.get_objects())


def test_half_of_the_descriptors_that_the_process_may_have_are_for_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1_000), hard))
    assert most_connections() == min(hard if hard != resource.RLIM_INFINITY else 65_536, 65_536) // 2
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= soft


def test_a_lack_of_descriptors_is_logged_once_in_a_while(caplog: pytest.LogCaptureFixture) -> None:
    log, seldom = logging.getLogger("tests.asyncio"), Seldom()
    log.addFilter(seldom)
    for _ in range(1_000):
        log.error("socket.accept() out of system resource\nsocket: %s", 6)
    log.error("a task was destroyed")
    assert [record.getMessage().split("\n")[0] for record in caplog.records] == [
        "socket.accept() out of system resource",
        "a task was destroyed",
    ]


def test_those_that_are_taken_up_at_once_have_their_descriptors_too() -> None:
    assert 2 * backlog(512) + 512 < 1_024
    assert backlog(32_768) == 2_048
