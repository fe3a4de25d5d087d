"""A real vLLM that the app starts, with the demo model, in a browser: from its loading to its end."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

from backend.chat.errors import GenerationFailed
from backend.chat.messages import Finished, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.replicas import Replicas
from backend.engines.server.engine import ServerEngine
from backend.engines.server.vllm.process import OWN, VllmProcess
from tests.browser.conftest import ROOT, free_port, wait_for
from tests.conftest import FOR_A_CPU, ITS_ENVIRONMENT
from tests.support.chat import SHAPES, Chat, opened
from tests.support.processes import all_gone, command_of, end
from ui.texts import texts

START_MS = 400_000
LONG = '{"type": "array", "items": {"type": "integer"}, "minItems": 3000}'  # an answer that takes seconds

pytestmark = [pytest.mark.server, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class App:
    """One that runs `--vllm`."""

    process: "subprocess.Popen[bytes]"
    url: str
    log: Path

    def answers(self) -> int:
        """How many answers it has begun, by its own log."""
        return self.log.read_text(encoding="utf-8").count('"POST /v1/chat/completions HTTP/1.1" 200')

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def serving(self) -> psutil.Process:
        return next(process for process in self.children() if is_vllm(command_of(process)))


def is_vllm(words: list[str]) -> bool:
    """Whether this is the command of `vllm serve`, not of who watches it."""
    return "serve" in words and not any("keeper" in word for word in words)


def listening(url: str) -> psutil.Process:
    """The vLLM at this address: the app's is below the tests' process too, so that only its port tells it."""
    port = url.rsplit(":", 1)[1]
    words = ((process, command_of(process)) for process in psutil.process_iter())
    return next(process for process, said in words if is_vllm(said) and port in said)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    if not (OWN / "vllm").exists():
        pytest.skip("no vLLM here; make vllm installs it")
    port, log = free_port(), tmp_path_factory.mktemp("vllm") / "log.txt"
    command = [
        sys.executable,
        "app.py",
        "--vllm",
        "--model",
        "assets/demo-model",
        "--port",
        str(port),
        "--",
        *FOR_A_CPU,
    ]
    with log.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | ITS_ENVIRONMENT, stdout=file, stderr=file)
    app = App(process, f"http://127.0.0.1:{port}/", log)
    try:
        wait_for(app.url, process)
        yield app
    finally:
        end(process)


@pytest.fixture
def chat(started: App, browser: Browser) -> Iterator[Chat]:
    chat = opened(browser, started.url, viewport={"width": 1280, "height": 860})
    yield chat
    chat.close()


def test_a_question_about_a_picture_waits_while_it_loads_and_is_answered(started: App, chat: Chat) -> None:
    chat.set(temperature="0")
    chat.send("Describe the image.", SHAPES)
    chat.told("Loading vLLM…")
    chat.answered(timeout=START_MS)
    expect(chat.answers).to_contain_text("The image shows")
    assert "\nvllm: INFO:     Application startup complete.\n" in started.log.read_text()
    assert re.search(r"^Ready in .* at http", started.log.read_text(), re.MULTILINE)


def test_it_calls_a_tool(chat: Chat) -> None:
    chat.panel.use_tool(texts.panel.calculator)
    chat.panel.call(texts.panel.choice_always.format(name=texts.panel.calculator))
    chat.send("What is 4 + 5?")
    chat.answered(timeout=START_MS)
    expect(chat.calls.first).to_contain_text("my_calculator")


def test_killed_in_mid_answer_it_comes_back_and_answers(started: App, chat: Chat) -> None:
    chat.set(temperature="0", max_tokens="4000", json_schema=LONG)
    killed = started.serving().pid
    workers = [process for process in started.children() if any("EngineCore" in word for word in command_of(process))]
    assert workers
    answers = started.answers()
    chat.send("Hello")
    while started.answers() == answers:
        time.sleep(0.1)
    time.sleep(3)  # some of it is written by then, of some 35 s
    os.kill(killed, signal.SIGKILL)
    expect(chat.ending).to_contain_text("connection was lost", timeout=60_000)
    chat.set(max_tokens="24")
    chat.regenerate()
    chat.told("vLLM stopped. Restarting…")
    expect(chat.speed).to_contain_text("tokens", timeout=START_MS)  # which one that was broken off has not
    assert started.serving().pid != killed
    assert all_gone(workers)


def test_of_two_that_share_the_work_one_dies_and_the_other_takes_over(started: App, vllm: VllmProcess) -> None:
    other = started.serving()
    words = other.cmdline()
    address = f"http://127.0.0.1:{words[words.index('--port') + 1]}"
    settings = GenerationSettings(temperature=0.0, max_tokens=4000, json_schema=LONG)
    asked = ChatRequest("", (UserMessage((Text("Hello"),)),), settings=settings, conversation="a")
    first, second = ServerEngine(vllm.url, vllm.key), ServerEngine(address, other.environ()["VLLM_API_KEY"])
    first_process = listening(vllm.url).pid
    with closing(Replicas([first, second])) as replicas:  # the first of them is given the first conversation
        stream = replicas.stream(asked)
        next(event for event in stream if isinstance(event, TextDelta))
        os.kill(first_process, signal.SIGKILL)
        with pytest.raises(GenerationFailed, match="connection was lost"):
            list(stream)
        assert isinstance(list(replicas.stream(asked))[-1], Finished)


def test_it_ends_with_the_app(started: App) -> None:
    left = started.children()
    assert len(left) >= 3
    started.process.send_signal(signal.SIGTERM)
    started.process.wait(30)
    assert all_gone(left)
