"""A vLLM that the app starts: with a stand-in that is up in a moment. test_vllm.py has the real one."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.chat.errors import EngineUnavailable, GenerationFailed, ModelUnusable
from backend.chat.messages import UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta, Waiting
from backend.engines.server.engine import ServerEngine
from backend.engines.server.vllm import process as vllm_process
from backend.engines.server.vllm.engine import VllmEngine
from backend.engines.server.vllm.process import VllmProcess, command
from tests.support.processes import alive, all_gone

ROOT = Path(__file__).resolve().parents[4]
STAND_IN = ROOT / "tests" / "support" / "vllm_stand_in.py"


@pytest.fixture
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STAND_IN_NOTES", str(tmp_path / "notes"))
    monkeypatch.setenv("MISTRAL_CHAT_AUTH", "ada:secret")
    monkeypatch.setattr(vllm_process, "PAUSE_SECONDS", 0.1)
    monkeypatch.setattr(vllm_process, "POLL_SECONDS", 0.05)
    return tmp_path / "notes"


@pytest.fixture
def process(notes: Path) -> Iterator[VllmProcess]:
    process = VllmProcess(STAND_IN, "owner/name", 2, ["--port-like", "1"])
    yield process
    process.close()


def starts(notes: Path) -> list[Any]:
    return [json.loads(line) for line in notes.read_text().splitlines()]


def asked(engine: VllmEngine, words: str) -> tuple[str, set[str]]:
    """The answer, and what was told before it."""
    events = list(engine.stream(ChatRequest(messages=(UserMessage((Text(words),)),))))
    told = {event.status for event in events if isinstance(event, Waiting)}
    return "".join(event.text for event in events if isinstance(event, TextDelta)), told


def test_requests_wait_for_it_and_it_comes_back_three_times(
    process: VllmProcess, notes: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = VllmEngine(ServerEngine(process.url, process.key), process)
    answer, told = asked(engine, "Hello")
    assert answer == "Hello"
    assert vllm_process.LOADING in told
    for _ in range(3):
        with pytest.raises(GenerationFailed, match="connection was lost"):
            asked(engine, "die")
        answer, told = asked(engine, "Hello")
        assert answer == "Hello"
    with pytest.raises(GenerationFailed):
        asked(engine, "die")
    with pytest.raises(EngineUnavailable, match="keeps stopping"):
        asked(engine, "Hello")
    assert len(starts(notes)) == 4
    assert all_gone(pid for start in starts(notes) for pid in start[:2])
    shown = capfd.readouterr().out
    assert "vllm: loading ✓\n" in shown
    assert shown.count("vllm: ended with exit code 1 and is started again\n") == 3
    assert shown.count("vllm: vLLM keeps stopping") == 1


def test_its_key_is_passed_where_no_list_of_processes_shows_it_and_the_apps_password_is_not(
    process: VllmProcess, notes: Path
) -> None:
    process.started.result(60)
    (_, _, arguments, key, environment) = starts(notes)[0]
    assert key == process.key
    assert not any(key in word for word in arguments)
    assert not [name for name in environment if name.startswith("MISTRAL_CHAT_")]


def test_one_that_ends_before_it_could_answer_is_not_started_again(notes: Path) -> None:
    process = VllmProcess(STAND_IN, "DIE")
    with pytest.raises(ModelUnusable, match="exit code 7"):
        process.started.result(60)
    process.close()
    assert len(starts(notes)) == 1


def test_it_ends_with_an_app_that_was_killed(notes: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from backend.engines.server.vllm.process import VllmProcess\n"
        f"process = VllmProcess(Path({str(STAND_IN)!r}), 'owner/name'); process.started.result(60)\n"
        "print('up', flush=True); time.sleep(120)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout
        assert any(line == "up\n" for line in app.stdout)
        pids = starts(notes)[0][:2]
        assert all(alive(pid) for pid in pids)
        os.kill(app.pid, signal.SIGKILL)
    assert all_gone(pids)


def test_the_model_cards_flags_come_first_and_those_of_whoever_runs_the_app_after_them() -> None:
    words = command(Path("vllm"), "owner/name", 2, ["--tensor-parallel-size", "4", "--dtype", "auto"], 8011)
    assert words[:9] == [
        "vllm", "serve", "owner/name",
        "--tokenizer_mode", "mistral", "--config_format", "mistral", "--load_format", "mistral",
    ]  # fmt: skip
    assert words[-10:] == [
        "--tensor-parallel-size", "2", "--tensor-parallel-size", "4", "--dtype", "auto",
        "--host", "127.0.0.1", "--port", "8011",
    ]  # fmt: skip


def test_a_folder_is_read_in_the_form_that_it_is_in(tmp_path: Path) -> None:
    assert "--config_format" not in command(Path("vllm"), str(tmp_path), 1, [], 8011)
    (tmp_path / "params.json").touch()
    assert "--config_format" in command(Path("vllm"), str(tmp_path), 1, [], 8011)
