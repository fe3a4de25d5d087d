"""Answers on ZeroGPU, through the real `spaces`, which forks a process for them; its scheduler is played here."""

import json
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import PIL.Image
import pytest

from backend.chat.errors import EngineError, EngineUnavailable, GenerationFailed
from backend.chat.messages import Finished, ToolCall, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.engines.local.zero_gpu import LONGEST, SHORTEST, START_SECONDS, ZeroGpuEngine, needed
from backend.models.catalogue import find
from backend.models.memory import Machine, choose
from backend.sandbox.caller import CALLER
from backend.tools.builtin import BUILTIN_TOOLS

GREEDY = GenerationSettings(temperature=0.0, max_tokens=48)
GPU = {"nvidiaIndex": 0, "nvidiaUUID": "none", "allowToken": "token"}
FORKED, KEPT = (200, GPU | {"idle": False}), (200, GPU | {"idle": True})
SPENT, NONE = (429, {"left": 5, "wait": 2400}), (503, {})

pytest.importorskip("spaces")
pytestmark = pytest.mark.timeout(180)


@dataclass
class Scheduler:
    """ZeroGPU's scheduler: gives the next of `answers` to who asks for a GPU, `delay` seconds later."""

    answers: list[tuple[int, dict[str, Any]]]
    delay: float = 0.0
    url: str = ""
    calls: list[tuple[str, dict[str, str], float]] = field(default_factory=list)

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.calls.append((path, query, time.time()))
        if path != "/schedule":
            return 200, {}
        time.sleep(self.delay)
        return self.answers.pop(0)

    def named(self, path: str) -> list[dict[str, str]]:
        return [query for called, query, _ in self.calls if called == path]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Scheduler]:
    """One that has a GPU five times, then refuses."""
    scheduler = Scheduler([FORKED, KEPT, KEPT, KEPT, KEPT, SPENT, NONE], delay=0.7)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, content = scheduler.answer(parts.path, query)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scheduler.url = f"http://127.0.0.1:{server.server_port}"
    yield scheduler
    server.shutdown()
    server.server_close()


@dataclass
class Space:
    """What the requests led to on a Space, in their order, and its process id."""

    process: int
    seen: ChatRequest
    called: ChatRequest
    told: list[dict[str, Any]]


@pytest.fixture(scope="module")
def space(scheduler: Scheduler, tmp_path_factory: pytest.TempPathFactory) -> Space:
    """A Space that was asked all the requests, one after the other: starting one takes long."""
    folder = tmp_path_factory.mktemp("space")
    PIL.Image.new("RGB", (56, 56), (200, 30, 30)).save(folder / "red.png")
    seen = asking(Image(str(folder / "red.png"), 56, 56), Text("What colour is this?"))
    called = asking(Text("What is 4 + 5?"), tools=True)
    endless = asking(Text("Hello"), settings=GenerationSettings(temperature=0.0, max_tokens=8000))
    short, too_long = asking(Text("Hello")), asking(Text("Many words. " * 9000))
    requests = [(request, request is endless) for request in (seen, called, too_long, endless, short, short, short)]
    (folder / "requests").write_bytes(pickle.dumps(requests))
    (folder / "cgroup").write_text("0::/space\n")
    settings = {
        "SPACES_ZERO_GPU": "true", "SPACES_ZERO_DEVICE_API_URL": scheduler.url,
        "ZEROGPU_PROC_SELF_CGROUP_PATH": str(folder / "cgroup"), "HOME": str(folder),
    }  # fmt: skip
    command = [sys.executable, Path("tests/support/zero_gpu_space.py"), folder / "requests"]
    process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.PIPE, text=True)
    out, _ = process.communicate(timeout=150)
    assert process.returncode == 0
    told = [json.loads(line) for line in out.splitlines() if line.startswith('{"text"')]
    assert len(told) == len(requests)
    return Space(process.pid, seen, called, told)


@pytest.fixture(scope="module")
def local() -> Iterator[LocalEngine]:
    engine = LocalEngine(find("demo"))
    engine.loading.result(timeout=60)
    yield engine
    engine.close()


def asking(*parts: Text | Image, tools: bool = False, settings: GenerationSettings = GREEDY) -> ChatRequest:
    specs = tuple(tool.spec for tool in BUILTIN_TOOLS) if tools else ()
    return ChatRequest("", (UserMessage(parts),), specs, settings, "my_calculator" if tools else "auto")


def test_an_answer_to_a_picture_crosses_the_processes(space: Space, scheduler: Scheduler, local: LocalEngine) -> None:
    here, there = list(local.stream(space.seen)), space.told[0]
    assert there["text"] == "".join(event.text for event in here if isinstance(event, TextDelta)) != ""
    assert isinstance(here[-1], Finished)
    assert there["reason"] == here[-1].reason
    assert int(scheduler.named("/allow")[0]["pid"]) != space.process


def test_calls_cross_the_processes(space: Space, local: LocalEngine) -> None:
    expected = [[event.name, event.arguments] for event in local.stream(space.called) if isinstance(event, ToolCall)]
    assert space.told[1]["calls"] == expected != []


def test_an_error_crosses_the_processes_with_its_sentence(space: Space) -> None:
    assert space.told[2]["error"].startswith("RequestTooLong: This chat has ")


def test_while_there_is_no_gpu_yet_the_page_is_told_so_and_can_stop(space: Space) -> None:
    assert "Waiting for a GPU…" in space.told[0]["waited"]
    assert space.told[0]["longest"] < 0.5  # seconds between events


def test_a_process_that_is_still_there_is_taken_up_again(space: Space, scheduler: Scheduler) -> None:
    assert len([told for told in space.told if told["text"] or told["calls"]]) == 4
    assert len(scheduler.named("/allow")) == 1


def test_it_is_the_visitors_own_quota_that_is_used(space: Space, scheduler: Scheduler) -> None:
    assert [query["token"] for query in scheduler.named("/schedule")] == ["visitor"] * len(space.told)


def test_closing_the_answer_ends_the_generation_and_gives_the_gpu_back(space: Space, scheduler: Scheduler) -> None:
    closed, following = space.told[3:5]
    released = [at for path, _, at in scheduler.calls if path == "/release"]
    assert following["text"]
    assert released[4] - closed["closed_at"] < 30  # the whole of the closed one would take a minute


def test_no_gpu_and_no_quota_are_told_in_one_sentence_each(space: Space) -> None:
    spent, none = (told["error"] for told in space.told[5:])
    assert spent.startswith("EngineUnavailable: You've used up your GPU time.")
    assert spent.endswith("try again in 0:40:00.")
    assert none == "EngineUnavailable: No GPU is available right now. Try again in a moment."


def test_an_answer_ends_before_zero_gpu_would_cut_it_off(local: LocalEngine) -> None:
    asked: list[int] = []

    def gpu(task: Any, duration: Any) -> Any:
        def run(*arguments: Any) -> Any:
            asked.append(duration(*arguments))
            return task(*arguments[:-1], START_SECONDS)  # as if all of it had been used up by the start

        return run

    engine = ZeroGpuEngine(local.loading.result(), gpu, ValueError)
    long = asking(Text("Hello"), settings=GenerationSettings(temperature=1.5, max_tokens=4000, seed=1))
    last = list(engine.stream(long))[-1]
    engine.close()
    assert asked == [LONGEST]
    assert isinstance(last, Finished)
    assert last.reason == "time"


def test_nobody_waits_there_for_what_a_thread_held_when_the_process_was_forked(
    local: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a thread is not there to let go of it: the visitor's page may just have been counting the same request."""
    loaded = local.loading.result()

    def gpu(task: Any, duration: Any) -> Any:
        def run(*arguments: Any) -> Iterator[Any]:
            with monkeypatch.context() as there:
                there.setattr(loaded.tokenizer._turns, "of", pytest.fail)
                yield from task(*arguments)

        return run

    monkeypatch.setattr("backend.tokenization.tokenizer.QUICK", 1)
    engine, here = ZeroGpuEngine(loaded, gpu, ValueError), CALLER.set("a visitor")
    try:
        assert isinstance(list(engine.stream(asking(Text("Hello"))))[-1], Finished)
    finally:
        CALLER.reset(here)
        engine.close()


class Refusal(Exception):
    def __init__(self, title: str, message: str) -> None:
        super().__init__(message)
        self.title = title


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (Refusal("ZeroGPU worker error", "GPU task aborted"), GenerationFailed, "The GPU was lost"),
        (Refusal("ZeroGPU quota exceeded", "No GPU was available after 60s"), EngineUnavailable, "No GPU is available"),
        (Refusal("ZeroGPU queue timeout", "<a href='x'>No GPU</a>"), EngineUnavailable, "No GPU is available"),
        (Refusal("ZeroGPU illegal duration", "too long"), EngineUnavailable, "used up"),
        (RuntimeError("secret"), EngineUnavailable, "No GPU is available"),
    ],
)
def test_whatever_zero_gpu_raises_becomes_a_sentence(
    local: LocalEngine, error: Exception, kind: type[EngineError], sentence: str
) -> None:
    def gpu(_: Any, duration: Any) -> Any:
        def run(*_: Any) -> Iterator[Any]:
            yield TextDelta("So")
            raise error

        return run

    engine = ZeroGpuEngine(local.loading.result(), gpu, Refusal)
    stream = engine.stream(asking(Text("Hello")))
    with pytest.raises(kind, match=sentence) as raised:
        list(stream)
    engine.close()
    assert "secret" not in str(raised.value)
    assert "<" not in str(raised.value)


def test_the_time_asked_for_grows_with_the_request_within_bounds() -> None:
    assert needed(10, 1) == SHORTEST
    assert SHORTEST < needed(4000, 500) < needed(40_000, 500) < LONGEST
    assert needed(100_000, 4096) == LONGEST


@pytest.mark.parametrize("gigabytes", [74.3, 101.7])  # what spaces emulates: a slice of an H200, an RTX Pro 6000
def test_zero_gpu_has_room_for_the_largest_model(gigabytes: float) -> None:
    choice = choose(Machine("cuda", gigabytes * 1e9))
    assert (choice.model, choice.precision) == ("small-3.2", "bf16")
