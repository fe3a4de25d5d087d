"""Small pictures of documents' pages: for who may have the document, a few at a time."""

import asyncio
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.responses import PlainTextResponse

from backend.chat.errors import DocumentRefused, DocumentWaits
from web.document_page import KEPT, OF_ONE, DocumentPages
from web.requests import Receive, Scope, Send

UPLOAD = "/uploads/0f/report.pdf"


async def gradio(scope: Scope, receive: Receive, send: Send) -> None:
    """Gives one file, and tells of all else that it is not there."""
    is_there = scope["path"] == f"/gradio_api/file={UPLOAD}"
    await PlainTextResponse("", 200 if is_there else 403)(scope, receive, send)


def ask(draw: Any, *queries: str, method: str = "GET") -> list[httpx.Response]:
    app = DocumentPages(gradio, draw, lambda path: path.startswith("/uploads/"))

    async def asks() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://a.example") as client:
            return await asyncio.gather(*(client.request(method, f"/document-page?{query}") for query in queries))

    return asyncio.run(asks())


def query(path: str = UPLOAD, page: object = 3) -> str:
    return urlencode({"file": path, "page": page})


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    path = tmp_path / "3.png"
    path.write_bytes(b"\x89PNG")
    return path


def test_a_page_is_a_picture_that_the_browser_keeps_for_itself(drawn: Path) -> None:
    asked: list[tuple[str, int]] = []

    def draw(visitor: str, path: str, number: int) -> Path:
        asked.append((path, number))
        return drawn

    (answer,) = ask(draw, query())
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"\x89PNG", "image/png")
    assert answer.headers["cache-control"] == KEPT["Cache-Control"]
    assert asked == [(UPLOAD, 3)]


@pytest.mark.parametrize(
    "asked",
    [
        query("/uploads/other/report.pdf"),  # which Gradio does not give
        query("/etc/passwd"),
        query("https://a.example/x.pdf"),
        query("../report.pdf"),
        query(page="x"),
        query(page=-1),
        query(page=10**9),
        f"{query()}&page=4",
        f"file={UPLOAD}",
        "",
        "file=%ff&page=1",
        "x" * 9_000,
    ],
)
def test_who_may_not_have_the_document_or_asks_for_nonsense_gets_nothing_drawn(asked: str) -> None:
    (answer,) = ask(pytest.fail, asked)
    assert answer.status_code == 404


def test_it_is_only_to_be_read() -> None:
    assert ask(pytest.fail, query(), method="POST")[0].status_code == 404


def test_what_cannot_be_drawn_is_one_sentence() -> None:
    def refuse(*_: object) -> Path:
        raise DocumentRefused("Page 3 is damaged.")

    def wait(*_: object) -> Path:
        raise DocumentWaits("Try again.")

    assert [(answer.status_code, answer.text) for answer in ask(refuse, query()) + ask(wait, query())] == [
        (404, "Page 3 is damaged."),
        (503, "Try again."),
    ]


def test_of_one_visitor_a_few_are_drawn_at_a_time(drawn: Path) -> None:
    lock, now, most = threading.Lock(), 0, 0
    is_full = threading.Event()

    def draw(*_: object) -> Path:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
            if now == OF_ONE:
                is_full.set()
        is_full.wait(5)
        with lock:
            now -= 1
        return drawn

    answers = ask(draw, *[query(page=number) for number in range(1, 20)])
    assert {answer.status_code for answer in answers} == {200}
    assert most == OF_ONE
