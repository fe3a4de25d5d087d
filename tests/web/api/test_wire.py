"""What is wrong on the wire: bodies that are hostile, huge, slow or cut, sent to the running app."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.support.hostile_api import HOSTILE
from tests.web.api.conftest import KEY

pytestmark = pytest.mark.timeout(300)  # of which the app's start takes most, on a machine that is busy
HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
HELLO = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}
BODY = 100_000_000
PIECE = b" " * 1_000_000
SLOW = 40  # at once


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=url, headers=HEADERS, timeout=60) as found:
        yield found


def answers(client: httpx2.Client) -> bool:
    return client.post("/chat/completions", json=HELLO).status_code == 200


def test_each_hostile_request_is_refused_in_the_same_form_and_the_next_is_answered(client: httpx2.Client) -> None:
    for case in HOSTILE:
        body = case.body()
        answer = client.post("/chat/completions", content=body)
        expected = {413, case.status} if len(body) > 20_000_000 else {case.status}
        assert answer.status_code in expected, (case.what, answer.text)
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}, case.what
    assert answers(client)


def test_a_body_of_100_mb_is_refused_before_it_is_there(client: httpx2.Client) -> None:
    read = 0

    def body() -> Iterator[bytes]:
        nonlocal read
        while read < BODY:
            read += len(PIECE)
            yield PIECE

    for headers in ({}, {"Content-Length": str(BODY)}):
        read = 0
        answer = client.post("/chat/completions", content=body(), headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")
    assert answers(client)


def head(url: str, *lines: str) -> tuple[socket.socket, bytes]:
    """A connection to the app, and what a request for an answer begins with."""
    parts = urlsplit(url)
    begun = ["POST /v1/chat/completions HTTP/1.1", f"Host: {parts.netloc}", *(f"{n}: {v}" for n, v in HEADERS.items())]
    found = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
    return found, "\r\n".join([*begun, *lines, "", ""]).encode()


def test_bodies_that_never_end_keep_no_place(url: str, client: httpx2.Client) -> None:
    with ExitStack() as held:
        for _ in range(SLOW):
            connection, begun = head(url, "Content-Length: 1000")
            held.enter_context(connection)
            connection.sendall(begun + b'{"messages"')
        assert answers(client)


@pytest.mark.parametrize("rest", [b"ZZ\r\n{}\r\n", b"-5\r\n", b"2\r\n{}XX\r\n", b"fffffffffffffffffffffff\r\n{"])
def test_a_chunk_that_is_none_ends_the_connection(url: str, client: httpx2.Client, rest: bytes) -> None:
    connection, begun = head(url, "Transfer-Encoding: chunked")
    with connection:
        connection.sendall(begun + rest)
        assert connection.recv(1000).startswith(b"HTTP/1.1 400")
    assert answers(client)


def test_a_body_that_is_cut_off_is_nobodys_request(url: str, client: httpx2.Client) -> None:
    connection, begun = head(url, "Transfer-Encoding: chunked")
    with connection:
        connection.sendall(begun + b"40\r\n{")
    assert answers(client)
