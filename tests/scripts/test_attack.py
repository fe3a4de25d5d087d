"""The attacks as a program: each row can fail, and what it is tried on is on this machine."""

import asyncio
import hashlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from scripts.attack import judge, ordinary
from scripts.attack.__main__ import CASES
from scripts.attack.apps import OPTIONS
from scripts.attack.arena import Arena, Case, Seen
from scripts.attack.fetching import guesses
from scripts.attack.judge import Ordinary, Row, judged


@contextmanager
def served(is_weak: bool) -> Iterator[Arena]:
    """A server with each of these weaknesses, or without a single one, that answers one request after the other."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            odd = self.headers.get("Range") or "%" in self.path or not self.path.isascii()
            upload = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            host, origin = self.headers.get("X-Forwarded-Host", ""), self.headers.get("Origin")
            stranger = "evil" in f"{self.headers['Host']}{host}{origin}"
            if self.path == "/slow" and is_weak:
                time.sleep(1.5)
            is_fine = b".png" in upload or self.path in ("/", "/config", "/slow", "/health")
            self.send_response(
                500 if is_weak and odd else 200 if is_weak or (is_fine and not stranger and not odd) else 404
            )
            if is_weak and origin:
                self.send_header("Access-Control-Allow-Origin", origin)
            self.end_headers()
            told = {"components": [], "dependencies": [], "root": host if is_weak else ""}
            self.wfile.write(json.dumps(["/tmp/a.png"] if upload else told).encode())

        do_GET = do_POST = do_OPTIONS = answer

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield Arena(f"http://127.0.0.1:{server.server_port}", login={"username": "no answers here"})
    server.shutdown()
    server.server_close()


TRIED = [
    "another host's name", "X-Forwarded-Host in the page", "leave for other origins", "odd ranges",
    "queries that are no UTF-8", "60 files in an upload",
]  # fmt: skip


@pytest.mark.parametrize("name", TRIED)
@pytest.mark.parametrize("is_weak", [True, False])
def test_a_row_holds_for_a_server_that_is_firm_and_does_not_for_a_weak_one(name: str, is_weak: bool) -> None:
    case = next(case for case in CASES if case.name == name)
    with served(is_weak) as arena:
        assert asyncio.run(case.attack(arena)).holds is not is_weak


@pytest.mark.parametrize("secret", [b"", b"a secret"])
def test_an_uploads_path_is_guessed_only_where_no_secret_is_in_it(secret: bytes) -> None:
    data = b"the same file"
    path = f"/tmp/gradio/{hashlib.sha256(secret + data).hexdigest()}/mine.png"
    assert (path in guesses(path, data)) is not bool(secret)


async def slow(arena: Arena) -> Seen:
    async with arena.client() as client:
        await client.get("/slow")
    return Seen("done", True)


async def broken(arena: Arena) -> Seen:
    raise ValueError("the attack itself")


async def endless(arena: Arena) -> Seen:
    await asyncio.sleep(60)
    return Seen("never", True)


def row(case: Case, is_weak: bool = True) -> Row:
    with served(is_weak) as arena:
        arena.usual = {"page": 0.0}
        return while_another_asks(case, arena)


def while_another_asks(case: Case, arena: Arena) -> Row:
    other = Ordinary(arena)
    try:
        return asyncio.run(judged(case, arena, other))
    finally:
        other.end()


def test_others_who_wait_make_a_row_fail_whatever_the_attacker_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "WAIT", 1.0)
    waited = row(Case("2", "slow", slow))
    assert waited.waits["page"] > 1
    assert not waited.holds
    assert "the other's page took too long" in str(waited)
    assert "**does not hold**" in str(waited)


def test_nobody_waits_and_the_row_holds() -> None:
    held = row(Case("2", "slow", slow), is_weak=False)
    assert held.holds, held
    assert str(held).endswith("| holds |")


def test_who_gets_the_page_and_no_answer_afterwards_makes_a_row_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "SETTLE", 1.0)
    with served(is_weak=False) as arena:
        arena.login, arena.usual = None, {"page": 0.0}  # so that answers are asked for; there are none here
        assert "nobody was answered afterwards" in while_another_asks(Case("2", "slow", slow), arena).note


def ends_whoever_asks(silent: socket.socket) -> None:
    """Tells this process to end once both have asked: before that it has not said what it does then."""
    asked = [silent.accept() for _ in range(2)]
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(1)  # in which they hear nothing
    for connection, _ in asked:
        connection.close()


def test_what_has_not_come_in_the_end_counts_as_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ordinary, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Thread(target=ends_whoever_asks, args=[silent]).start()
        asyncio.run(ordinary.main(f"http://127.0.0.1:{silent.getsockname()[1]}", ["page", "answer"]))
    waits = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(wait["what"], wait["came"]) for wait in waits] == [("page", False), ("answer", False)]


@pytest.mark.parametrize(
    "trace",
    [
        "Traceback (most recent call last):\n",
        'a fault\n      File "/app/a.py", line 3, in b\n',
        r'{"trace": "File \"a.py\", line 3"}',
    ],
)
def test_a_trace_in_the_log_makes_a_row_fail_in_whichever_form(trace: str, tmp_path: Path) -> None:
    async def logged(arena: Arena) -> Seen:
        assert arena.log
        arena.log.write_text(f"Ready\n{trace}")
        return Seen("done", True)

    with served(is_weak=False) as arena:
        arena.log, arena.usual = tmp_path / "log", {"page": 0.0}
        arena.log.write_text("Ready\n")
        assert "a trace in the log: " in while_another_asks(Case("2", "logged", logged), arena).note


def test_an_attack_that_fails_or_takes_too_long_does_not_hold() -> None:
    arena = Arena("http://127.0.0.1:9")
    failed = asyncio.run(judge.watched(Case("2", "broken", broken), arena, []))
    late = asyncio.run(judge.watched(Case("2", "endless", endless, seconds=0.3), arena, []))
    assert not failed.holds
    assert "the attack failed: ValueError" in failed.note
    assert not late.holds
    assert late.note.startswith("broken off after")


def test_an_attack_is_broken_off_where_the_memory_runs_away(monkeypatch: pytest.MonkeyPatch) -> None:
    arena, sizes = Arena("http://127.0.0.1:9"), iter(range(0, 100_000, judge.STOP_MB))
    monkeypatch.setattr(arena, "megabytes", lambda: float(next(sizes)))
    assert "MB more" in asyncio.run(judge.watched(Case("2", "endless", endless), arena, [])).note


@pytest.mark.parametrize("url", ["http://192.0.2.1:80", "https://127.0.0.1", "http://0.0.0.0:1", "ftp://127.0.0.1"])
def test_only_this_machine_is_attacked(url: str) -> None:
    with pytest.raises(ValueError, match="only http:// at loopback"):
        Arena.at(url)


def test_a_row_has_a_name_of_its_own_in_one_line() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    told = str(Row(CASES[0], "two\nlines | and a bar"))
    assert "\n" not in told
    assert told.count("|") == 8


def test_each_row_has_an_app_that_can_be_started() -> None:
    assert {case.app for case in CASES} == set(OPTIONS)
