"""Code that asks a server: what it sends is what the app itself would, whatever stands in the chat."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.chat.request import ChatRequest
from backend.engines.server.request_body import body
from backend.storage.exports.code.curl import curl_script
from backend.storage.exports.code.openai_client import openai_script
from backend.storage.exports.code.question import Question
from tests.support.questions import HOSTILE, QUESTIONS, written
from tests.support.stub_server import Stub, stub_server, tells

CALL = {"id": "abcDEF123", "type": "function", "function": {"name": "get_weather", "arguments": '{"place": "é"}'}}
MESSAGE = {"role": "assistant", "content": HOSTILE, "tool_calls": [CALL]}
TOLD = {
    "id": "x", "object": "chat.completion", "created": 1, "model": "tiny",
    "choices": [{"index": 0, "finish_reason": "tool_calls", "message": MESSAGE}],
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


def sent_by_the_app(request: ChatRequest) -> dict[str, Any]:
    """Without what only a stream and the page have."""
    fields = body(request, "tiny")
    return {
        name: fields[name] for name in fields if name not in ("stream", "stream_options", "logprobs", "top_logprobs")
    }


@pytest.mark.parametrize("name", QUESTIONS)
def test_openai(name: str, server: Stub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    question = Question(QUESTIONS[name], f"{server.url}/v1", "tiny")
    path = written(openai_script(question), question, tmp_path)
    server.answers = [tells(TOLD)]
    exec(compile(path.read_bytes(), path, "exec"), {"__file__": str(path)})

    assert server.bodies.pop() == sent_by_the_app(question.request)
    assert capsys.readouterr().out == f'{HOSTILE}\nget_weather {{"place": "é"}}\n'
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("name", QUESTIONS)
def test_curl(name: str, server: Stub, tmp_path: Path) -> None:
    question = Question(QUESTIONS[name], f"{server.url}/v1", "tiny")
    path = written(curl_script(question), question, tmp_path)
    server.answers, server.headers = [tells(TOLD)], []
    run = subprocess.run(["bash", path], capture_output=True, cwd=tmp_path, env=os.environ | {"OPENAI_API_KEY": "k$y"})

    assert server.bodies.pop() == sent_by_the_app(question.request)
    assert server.headers[0]["Authorization"] == "Bearer k$y"
    assert b"chat.completion" in run.stdout, run.stderr
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("form", [curl_script, openai_script])
def test_an_address_and_a_name_are_no_code_either(form: Any, server: Stub, tmp_path: Path) -> None:
    name = "'\"$(touch pwned)`touch pwned`\n"
    question = Question(QUESTIONS["plain"], f"{server.url}/v1/'$(touch pwned)\"", name)
    path = written(form(question), question, tmp_path)
    command = "bash" if form is curl_script else str(Path(".venv/bin/python").absolute())
    subprocess.run([command, path], capture_output=True, cwd=tmp_path, timeout=60)

    assert not (tmp_path / "pwned").exists()


def test_a_key_is_never_in_it() -> None:
    for form in (curl_script, openai_script):
        assert "OPENAI_API_KEY" in form(Question(QUESTIONS["plain"], "http://localhost:8000/v1", "tiny")).text
