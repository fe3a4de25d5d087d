"""Connections that never get on, at a real server: each has its time, and none keeps the others out."""

import contextlib
import logging
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import uvicorn

from web.connections import Connection, Patience, Seldom, backlog, most_connections
from web.requests import Message, Receive, Scope, Send

PATIENCE = Patience(head=0.4, body=1.0, body_bytes=20, unread=0.6)
MOST = 30
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n"
ENDED = 5.0  # seconds within which a connection has to end that waits for nothing but time


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    """Says how many bytes came; at /stream it writes much before."""
    if scope["type"] != "http":
        return
    message: Message = {"more_body": True}
    count = 0
    while message.get("more_body"):
        message = await receive()
        count += len(message.get("body", b""))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(500 if scope["path"] == "/stream" else 0):  # 50 MB, which no buffer holds
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
    await send({"type": "http.response.body", "body": f"{count} bytes".encode()})


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[uvicorn.Server, int]]:
    protocol = partial(Connection, most=MOST, patience=PATIENCE)
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
    for _ in range(10):  # 1.5 s, which is longer than a body may stand still
        time.sleep(0.15)
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


@pytest.mark.parametrize("sent", [b"", GET[:-2], POST])
def test_a_crowd_that_says_half_of_it_keeps_nobody_out(
    sent: bytes, served: tuple[uvicorn.Server, int], connect: Callable[[bytes], socket.socket]
) -> None:
    for _ in range(3 * MOST):
        connect(sent)
    assert b"200 OK" in heard(connect(GET))
    assert len(served[0].server_state.connections) <= MOST


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
    assert backlog(512) + 512 < 1_024
    assert backlog(32_768) == 2_048
