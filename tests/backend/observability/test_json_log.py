"""JSON logs: a line for each request with its numbers, everything else as lines too, and none of anybody's words.

Each test logs in a process of its own, since how a process logs is one for all of it.
"""

import json
import subprocess
import sys
from typing import Any

BEFORE = """
import contextlib, logging, warnings
from backend.chat.messages import Finished, Image, Text, ToolCall, ToolSpec, Usage, UserMessage
from backend.chat.errors import GenerationFailed
from backend.chat.request import ChatRequest, TextDelta
from backend.observability.json_log import RequestLog, speak_json
from backend.engines.instrumented import InstrumentedEngine
from tests.support.scripted_engine import ScriptedEngine

def ask(*reply):
    parts = (Image("/tmp/secret-picture.png", 10, 10), Text("secret-question"))
    tools = (ToolSpec("weather", "secret-description", "{}"),)
    with contextlib.suppress(GenerationFailed):
        engine = InstrumentedEngine(ScriptedEngine([reply]), [RequestLog()])
        list(engine.stream(ChatRequest("secret-prompt", (UserMessage(parts),), tools)))

"""


def logged(script: str) -> list[dict[str, Any]]:
    """What a script logs."""
    done = subprocess.run([sys.executable, "-c", BEFORE + script], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_finished_request_is_one_line_with_its_numbers() -> None:
    (line,) = logged(
        'speak_json(); ask(TextDelta("secret-answer"), Finished("stop", Usage(100, 20, 7, 0.31234, 50.0)))'
    )
    assert isinstance(line.pop("seconds"), float)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info", "logger": "requests", "message": "request finished", "outcome": "stop", "error": None,
        "prompt_tokens": 100, "new_tokens": 7, "pictures": 1, "seconds_to_first_token": 0.312,
        "tokens_per_second": 50.0, "tools": [],
    }  # fmt: skip


def test_a_failed_request_is_a_line_too_without_the_reason_that_a_person_is_told() -> None:
    (line,) = logged('speak_json(); ask(GenerationFailed("secret-reason"))')
    assert (line["outcome"], line["error"], line["new_tokens"]) == ("failed", "failed", None)
    assert "secret" not in str(line)


def test_offered_tools_are_named_and_neither_arguments_nor_made_up_names_are() -> None:
    calls = 'ToolCall("aaaaaaaaa", "weather", "secret"), ToolCall("bbbbbbbbb", "secret-tool", "{}")'
    (line,) = logged(f"speak_json(); ask({calls})")
    assert line["tools"] == ["weather"]
    assert "secret" not in str(line)


def test_whatever_else_is_logged_is_a_line_too_also_of_a_library_that_prints_in_its_own_way() -> None:
    lines = logged("""
own = logging.getLogger("a.library")
own.addHandler(logging.StreamHandler())
own.propagate = False
speak_json()
warnings.warn("old")
try:
    raise KeyError("x")
except KeyError:
    own.exception("it\\nbroke")
own.info("not of interest")
""")
    assert [(line["level"], line["logger"]) for line in lines] == [("warning", "py.warnings"), ("error", "a.library")]
    assert lines[1]["message"] == "it\nbroke"
    assert lines[1]["trace"].endswith("KeyError: 'x'")


def test_without_json_a_request_is_not_logged() -> None:
    assert logged('ask(Finished("stop"))') == []
