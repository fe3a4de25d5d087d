"""A chat that is copied as code: run against this app's own API, it gives the answer that the page has."""

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backend.chat.messages import ToolCall
from backend.chat.request import ChatRequest, TextDelta
from backend.storage.exports.code.curl import curl_script
from backend.storage.exports.code.openai_client import openai_script
from backend.storage.exports.code.question import Question
from tests.support.questions import QUESTIONS, written
from tests.web.api.conftest import KEY

if TYPE_CHECKING:
    from backend.engines.local.engine import LocalEngine

pytestmark = pytest.mark.timeout(300)  # of which the app's start takes most, on a machine that is busy


def answered(engine: "LocalEngine", request: ChatRequest) -> tuple[str, list[tuple[str, str]]]:
    """The text and the calls that the app itself writes."""
    events = list(engine.stream(request))
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return text, [(event.name, event.arguments) for event in events if isinstance(event, ToolCall)]


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_gives_the_page_s_answer(
    name: str, url: str, engine: "LocalEngine", tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    question = Question(QUESTIONS[name], url, "Mistral Demo")
    text, calls = answered(engine, question.request)

    by_curl = subprocess.run(
        ["bash", written(curl_script(question), question, tmp_path)],
        capture_output=True, check=True, env=os.environ | {"OPENAI_API_KEY": KEY},
    )  # fmt: skip
    told = json.loads(by_curl.stdout)
    message = told["choices"][0]["message"]
    found = [(call["function"]["name"], call["function"]["arguments"]) for call in message.get("tool_calls") or []]
    assert (message["content"] or "", found) == (text, calls)

    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    path = written(openai_script(question), question, tmp_path)
    exec(compile(path.read_bytes(), path, "exec"), {"__file__": str(path)})
    printed = [*([text] if text else []), *(f"{name} {arguments}" for name, arguments in calls)]
    assert capsys.readouterr().out == "".join(f"{line}\n" for line in printed)
