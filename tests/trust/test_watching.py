"""What the running app tells whoever runs it, and nobody else: numbers, and none of a visitor's words."""

import asyncio
import json
import socket
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.trust.conftest import LOGIN, NAME, PASSWORD, App, visitor


def numbers(app: App, **given: Any) -> httpx2.Response:
    return httpx2.get(f"{app.url}/metrics", timeout=30, headers={"X-Forwarded-For": "203.0.113.30"}, **given)


@pytest.mark.parametrize("path", ["/metrics", "/metrics/"])
def test_without_the_option_there_are_no_metrics(open_app: App, path: str) -> None:
    answer = httpx2.get(open_app.url + path)
    assert (answer.status_code, answer.text) == (404, "There's nothing here.")


@pytest.mark.parametrize("given", [None, (NAME, "wrong"), ("", "")])
def test_metrics_are_refused_without_the_password_of_the_app(closed_app: App, given: tuple[str, str] | None) -> None:
    answer = numbers(closed_app, auth=given)
    assert (answer.status_code, answer.text) == (401, "Log in with the app's name and password to see its metrics.")


@dataclass(frozen=True)
class ChatComponents:
    """A page on which one question was asked, and what was counted and printed meanwhile."""

    session: str
    counted: float
    printed: list[dict[str, Any]]


@pytest.fixture(scope="module")
def talk(closed_app: App) -> ChatComponents:
    def count() -> float:
        lines = numbers(closed_app, auth=(NAME, PASSWORD)).text.splitlines()
        return sum(float(line.split()[1]) for line in lines if line.startswith("mistral_chat_requests_total"))

    async def ask() -> str:
        async with visitor(closed_app, LOGIN, "203.0.113.31") as page:
            assert (await page.say("Say: rumpelstiltskin", **{"max-tokens": 4})).state == "completed"
            return page.session

    counted, printed = count(), closed_app.printed()
    session = asyncio.run(ask())
    since = closed_app.printed().removeprefix(printed).splitlines()
    return ChatComponents(session, count() - counted, [json.loads(line) for line in since if line.startswith("{")])


def test_an_answer_is_counted_once(talk: ChatComponents) -> None:
    assert talk.counted == 1


def test_the_numbers_are_text_as_prometheus_reads_it(closed_app: App) -> None:
    answer = numbers(closed_app, auth=(NAME, PASSWORD))
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE mistral_chat_time_to_first_token_seconds histogram" in answer.text


def test_an_answer_is_a_line_of_the_log_that_holds_no_word_of_it_nor_who_asked(talk: ChatComponents) -> None:
    (line,) = (line for line in talk.printed if line["logger"] == "requests")
    assert 1 <= line["new_tokens"] <= 4
    for secret in ("rumpelstiltskin", talk.session, "127.0.0.1", PASSWORD):
        assert secret not in str(talk.printed)


def test_whatever_comes_every_line_of_the_log_is_json_without_words(closed_app: App, talk: ChatComponents) -> None:
    host, port = closed_app.url.removeprefix("http://").split(":")
    for sent in (
        b"rumpelstiltskin\x1b[31m\r\n\r\n",
        b"GET /\x1b[31mrumpelstiltskin HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /?\xff%0A%1b[31mrumpelstiltskin HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=rumpelstiltskin\r\n"
        b"Content-Length: 9\r\n\r\n\x1b[31m12345",
        b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: rumpelstiltskin\r\nSec-WebSocket-Version: 13\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(sent)
            connection.settimeout(2)
            with suppress(TimeoutError, ConnectionError):
                connection.recv(1000)
    printed = closed_app.printed()
    assert all(json.loads(line) for line in printed.splitlines())
    assert printed.isascii()
    assert "rumpelstiltskin" not in printed
    assert not set(printed) - {"\n"} & set(map(chr, range(32)))


def test_a_request_is_not_logged_where_nobody_asked_for_it(open_app: App) -> None:
    async def talk() -> str:
        async with visitor(open_app) as page:
            return (await page.say("Say: rumpelstiltskin", **{"max-tokens": 4})).state

    assert asyncio.run(talk()) == "completed"
    printed = open_app.printed()
    assert "request finished" not in printed
    assert "rumpelstiltskin" not in printed
