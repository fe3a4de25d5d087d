"""JSON logs: a line for each request with its numbers, everything else as lines too, and none of anybody's words.

Each test logs in a process of its own, since how a process logs is one for all of it.
"""

import json
import subprocess
import sys
from typing import Any

BEFORE = """
import contextlib, logging, sys, threading, traceback, warnings
from backend.chat.messages import Finished, ToolCall, ToolSpec, Usage, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.errors import GenerationFailed
from backend.chat.request import ChatRequest, TextDelta
from backend.observability.json_log import RequestLog
from backend.observability.lines import write_logs
from backend.engines.instrumented import InstrumentedEngine
from tests.support.scripted_engine import ScriptedEngine

def ask(*reply):
    parts = (Image("/tmp/secret-picture.png", 10, 10), Text("secret-question"))
    tools = (ToolSpec("weather", "secret-description", "{}"),)
    with contextlib.suppress(GenerationFailed):
        engine = InstrumentedEngine(ScriptedEngine([reply]), [RequestLog(['weather'])])
        list(engine.stream(ChatRequest("secret-prompt", (UserMessage(parts),), tools)))

"""


def logged(script: str) -> list[dict[str, Any]]:
    """What a script logs."""
    done = run(script)
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_finished_request_is_one_line_with_its_numbers() -> None:
    (line,) = logged(
        'write_logs(True); ask(TextDelta("secret-answer"), Finished("stop", Usage(100, 20, 7, 0.31234, 50.0)))'
    )
    assert isinstance(line.pop("seconds"), float)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info", "logger": "requests", "message": "request finished", "outcome": "stop", "error": None,
        "prompt_tokens": 100, "new_tokens": 7, "pictures": 1, "seconds_to_first_token": 0.312,
        "tokens_per_second": 50.0, "tools": [],
    }  # fmt: skip


def test_a_failed_request_is_a_line_too_without_the_reason_that_a_person_is_told() -> None:
    (line,) = logged('write_logs(True); ask(GenerationFailed("secret-reason"))')
    assert (line["outcome"], line["error"], line["new_tokens"]) == ("failed", "failed", None)
    assert "secret" not in str(line)


def test_offered_tools_are_named_and_neither_arguments_nor_made_up_names_are() -> None:
    calls = 'ToolCall("aaaaaaaaa", "weather", "secret"), ToolCall("bbbbbbbbb", "secret-tool", "{}")'
    (line,) = logged(f"write_logs(True); ask({calls})")
    assert line["tools"] == ["weather"]
    assert "secret" not in str(line)


def test_whatever_else_is_logged_is_a_line_too_also_of_a_library_that_prints_in_its_own_way() -> None:
    lines = logged("""
own = logging.getLogger("a.library")
own.addHandler(logging.StreamHandler())
own.propagate = False
write_logs(True)
warnings.warn("old")
try:
    raise KeyError("x")
except KeyError:
    own.exception("it\\nbroke")
own.info("not of interest")
""")
    assert [(line["level"], line["logger"]) for line in lines] == [("warning", "py.warnings"), ("error", "a.library")]
    assert lines[1]["message"] == "it"  # the rest may be anybody's words, and so may the error's
    assert lines[1]["trace"].endswith("KeyError")


SPOKEN = "secret\\x1b[31m\\r\\nsecret\\u202e"
EVERYWHERE = f"""
write_logs(AS_JSON)
def fail():
    raise ValueError("{SPOKEN}") from KeyError("{SPOKEN}")
class Nobody:
    def __del__(self):
        fail()
logging.getLogger("uvicorn.error").warning("Invalid %s", "{SPOKEN}")
logging.getLogger("uvicorn.error").error("odd: {SPOKEN}".replace("odd: secret", "odd:"))
logging.getLogger("web.limits").warning("refused %s", "{SPOKEN}".replace("secret", "it"))
warnings.warn("{SPOKEN}")
Nobody()
thread = threading.Thread(target=fail)
thread.start()
thread.join()
try:
    fail()
except ValueError:
    traceback.print_exc()
    logging.getLogger("asyncio").exception("it failed\\nfuture: %r", "{SPOKEN}")
    logging.getLogger("ui.events").exception("it failed")
logging.getLogger("ui.events").warning("%d", "{SPOKEN}")
"""


def test_every_line_is_json_whoever_writes_it_and_none_holds_control_characters_or_words() -> None:
    printed = "print('Ready\\x1b[2J'); print('a', end='b\\n', file=sys.stderr); print('1 %\\r2 %', file=sys.stderr)"
    done = run(EVERYWHERE.replace("AS_JSON", "True") + printed)
    lines = [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]
    assert [line["message"] for line in lines if line["logger"] in ("stdout", "stderr")] == [
        "Ready\\x1b[2J",
        "ab",
        "2 %",
    ]
    assert sum("ValueError" in line.get("trace", "") for line in lines) == 5
    assert "secret" not in done.stdout + done.stderr
    assert not [line for line in lines if set(str(line["message"])) & set("\x1b\r\u202e")]
    assert (done.stdout + done.stderr).isascii()


def test_plain_lines_hold_neither_control_characters_nor_words_and_none_can_be_forged() -> None:
    done = run(EVERYWHERE.replace("AS_JSON", "False"))
    assert "secret" not in done.stderr
    assert not set(done.stderr) & set("\x1b\r\u202e")
    begun = [line for line in done.stderr.split("\n") if line and not line.startswith("    ")]
    assert begun[:3] == ["Invalid %s", "odd:\\x1b[31m\\r", "refused it\\x1b[31m\\r"]
    assert len(begun) == 9, begun


def run(script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", BEFORE + script], capture_output=True, text=True, check=True)


def test_without_json_a_request_is_not_logged() -> None:
    assert logged('ask(Finished("stop"))') == []
