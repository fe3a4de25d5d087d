"""What of a server's words whoever runs the app finds in the log, and that it is nothing that a visitor wrote."""

import json
import logging
from typing import Any

import pytest

from backend.chat.errors import EngineError
from backend.chat.messages import AssistantMessage, ToolCall, ToolMessage, ToolResult, ToolSpec, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.engines.server.engine import ServerEngine
from backend.engines.server.refusal_words import LONGEST, loggable
from tests.support.stub_server import chunk, refuses, sends, stub_server

CUDA = "CUDA out of memory. Tried to allocate 20.00 MiB"


def asking(*texts: str) -> dict[str, Any]:
    return {"model": "tiny", "messages": [{"role": "user", "content": text} for text in texts]}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (CUDA, CUDA),
        (json.dumps({"error": {"message": CUDA, "code": 500}}), CUDA),
        (json.dumps({"object": "error", "message": CUDA, "type": "x"}), CUDA),
        (json.dumps([{"error": {"message": CUDA}}]), CUDA),
        (json.dumps({"detail": [{"type": "missing", "msg": "Field required", "input": "Ada"}]}), "Field required"),
        ("<html><title>502 Bad Gateway</title>\r\n<hr></html>", "502 Bad Gateway"),
        ("one\x1b[31m\ntwo\x00\u202ethree", "one… two…"),
        ("", ""),
        ("no model " * 1000, ("no model " * 1000)[:LONGEST]),
        ("[" * 5000, ("[" * 5000)[:LONGEST]),
    ],
    ids=["text", "OpenAI's", "vLLM's", "Gemini's", "pydantic's", "a page", "controls", "nothing", "long", "deep"],
)
def test_a_servers_words_are_logged_short_and_plain(words: str, shown: str) -> None:
    assert loggable(words, asking("Hello")) == shown


@pytest.mark.parametrize(
    ("written", "words", "shown"),
    [
        ("I am Ada Lovelace", "no such thing: I am Ada Lovelace", "no such thing: …"),
        ("I am Ada Lovelace", "no such thing: 'Ada Lov'", "no such thing: '…'"),
        ("I am Ada Lovelace", "no such thing: ADA", "no such thing: …"),
        ("My PIN is 1234.", "1234 is not allowed", "… is not allowed"),
        ("Grüße an Jürgen", r"'Gr\u00fc\u00dfe an J\xfcrgen' is not valid", "'… an …' is not valid"),
        ("Grüße an Jürgen", "Grüße an Jürgen is not valid", "… is not valid"),
        ("the server is out of memory, said the model", "bad input: server is out of memory", "bad input: …"),
        ("x" * 50, "bad " + "x" * 50, "bad …"),
        ("data:image/png;base64," + "QUJD" * 30, "bad " + "QUJD" * 30, "bad …"),
        ("Hello", "model tiny not found", "model tiny not found"),
        (
            "Hello",
            "invalid key sk-live-1a2b of Beate at db7.internal: bmVpbg== 20261128",
            "invalid key … of … at ….internal: …",
        ),
        ("Hello", "error 500 of 12 at /home/beate/Erpressung.txt", "error 500 of 12 at /…"),
    ],
)
def test_what_a_visitor_wrote_is_cut_out_of_a_servers_words(written: str, words: str, shown: str) -> None:
    assert loggable(words, asking("Some other question?", written)) == shown


def test_whatever_part_of_a_request_a_server_repeats_stays_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    call = ToolCall("abcDEF123", "zebra", '{"quagga": "okapi"}')
    said = (UserMessage((Text("tapir"),)), AssistantMessage("gnu", (call,)), ToolMessage(ToolResult(call.id, "ibex")))
    tool = ToolSpec("zebra", "kudu", '{"type": "object", "properties": {"quagga": {"type": "string"}}}')
    settings = GenerationSettings(stop=("dingo",), json_schema='{"type": "object", "title": "lemur"}')
    request = ChatRequest("wombat", said, (tool,), settings)
    animals = "tapir gnu zebra quagga okapi ibex kudu dingo lemur wombat sk-llama-1".split()  # noqa: SIM905
    caplog.set_level(logging.DEBUG)
    with stub_server() as stub:
        engine = ServerEngine(stub.url, "sk-llama-1", "tiny")
        for words in (f"CUDA failed at {' '.join(animals)}", *(f"CUDA: '{animal}'" for animal in animals)):
            # The last repeats what was sent in the form in which pydantic says what is wrong with it.
            echo = {"msg": words, "type": animals[0], "loc": ["body", animals[1]], "input": animals}
            stub.answers = [
                refuses(500, words),
                sends(chunk({"content": "a"}), chunk(error={"message": words})),
                refuses(400, {"detail": [echo]}),
            ]
            for _ in range(3):
                with pytest.raises(EngineError):
                    list(engine.stream(request))
    assert len(caplog.messages) >= 3 * len(animals)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("backend")]
    assert all("CUDA" in line for line in ours)
    assert not [animal for animal in (*animals, "llama") if animal in " ".join(caplog.messages)]
