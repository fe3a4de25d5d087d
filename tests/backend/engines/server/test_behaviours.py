"""What servers were seen to answer, replayed: a file of tests/servers/behaviours each, and what is to come of it.

A file holds the status and the type, further headers, an empty line, and the body as it comes.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from backend.chat.errors import (
    AnswerTooLong,
    EngineError,
    EngineUnavailable,
    GenerationFailed,
    RequestRejected,
    RequestTooLong,
    ServerDown,
)
from backend.chat.messages import Finished, ToolCall, ToolSpec, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta, ThoughtDelta
from backend.chat.settings import GenerationSettings
from backend.engines.server import client, refusals
from backend.engines.server import engine as server_engine
from backend.engines.server.engine import ServerEngine
from backend.engines.server.reading import CALL_AS_TEXT, FILTERED
from tests.support.stub_server import WHOLE, Answer, Stub, sends, stub_server

FILES = Path(__file__).parents[3] / "servers" / "behaviours"
TOOL = ToolSpec("my_calculator", "Calculates", '{"type": "object", "properties": {"expression": {"type": "string"}}}')
QUESTION = ChatRequest(
    messages=(UserMessage((Text("What is 2+3?"),)),), tools=(TOOL,), settings=GenerationSettings(seed=7)
)
FIVE = (("my_calculator", '{"expression": "2+3"}'),)
NINE = (*FIVE, ("my_calculator", '{"expression": "4+5"}'))


@dataclass(frozen=True)
class Came:
    """What comes of an answer: `reason` is that of its end, and `error` the sentence in place of one."""

    text: str = ""
    thought: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    reason: str = "stop"
    note: str = ""
    error: str = ""
    kind: type[EngineError] | None = None


def fails(kind: type[EngineError], error: str, text: str = "") -> Came:
    return Came(text, reason="", error=error, kind=kind)


def too_long(needed: int, limit: int) -> Came:
    told = f"This chat has {needed:,} tokens, and the model reads up to {limit:,}. "
    return fails(RequestTooLong, f"{told}Shorten your message, undo the last turn, or start a new chat.")


def called(*calls: tuple[str, str]) -> Came:
    return Came(calls=calls, reason="tool_calls")


GONE = fails(EngineUnavailable, f"{refusals.MODEL_GONE}.")
BUSY = fails(ServerDown, "The server is busy.")
NO_VISION = fails(RequestRejected, refusals.NO_VISION)
FAULT = fails(ServerDown, refusals.FAULT)
LENGTH_UNKNOWN = "This chat is too long for the model. Shorten your message, undo the last turn, or start a new chat."
NO_ROOM = (
    "This chat (5,000 tokens) and its reply need more than the model's 8,192 tokens. "
    "Lower “Max response length”, or shorten the chat."
)
SEED_NOTE = "The server doesn't support the seed, so this answer was made without it."
CALL_TEXT = '[TOOL_CALLS]my_calculator[CALL_ID]abc123def[ARGS]{"expression": "2+3"}'
ONCE_MORE = "about it " * 20

BEHAVIOURS = {
    # A whole answer, however it is wrapped.
    "bom": Came("BOM first."),
    "choicesnull": Came("Choices null."),
    "commentdata": Came("Before after comment as data."),
    "contentlist": Came("List content.", "hmm"),
    "contentnull": Came("Content null first."),
    "cr": Came("CR answer."),
    "cr_bom": Came("CR and BOM."),
    "crlf": Came("CRLF answer is whole."),
    "deep": Came("Not so deep."),
    "deltamissing": Came("Delta missing at the end."),
    "deltanull": Came("Delta null at the end."),
    "doneonly": Came(),
    "emptydata": Came("Before after empty data."),
    "fields": Came("With ids."),
    "filtered": Came("So far", note=FILTERED),
    "finishempty": Came("Finish reason empty string."),
    "finisheos": Came("Finish eos."),
    "finishtwice": Came("Once."),
    "garbage": Came("Before after."),
    "gzip": Came("Compressed anyway."),
    "jsonbody": Came("Not streamed."),
    "jsonbody_blanks": Came("After blanks.", "Hm."),
    "jsonbody_call": called(*NINE),
    "keepalive": Came("After keepalives."),
    "modellength": Came("As long as it", reason="length"),
    "ndone": Came("Blanks around the end."),
    "nofinish": Came("No finish reason but DONE."),
    "nospace": Came("No space after data."),
    "ok_nodone": Came("No DONE marker."),
    "ping": Came("Pinged answer."),
    "pingevent": Came("Ping event."),
    "reasoning": Came("Final answer.", f"Let me think {ONCE_MORE}"),
    "reasoningonly": Came("", f"thinking {'on ' * 20}", reason="length"),
    "refusal": Came("I cannot help with that."),
    "surrogates": Came("Half a smile: 🙂, and a lone half: \ufffd."),
    "trailing": Came("Trailing."),
    "usagefloat": Came("Usage with floats."),
    "usagemissing": Came("No usage."),
    "usagenull": Came("Usage null."),
    "utf8cut": Came("Grüße, 你好 🙂"),
    "wrongtypes": Came("Wrong types."),
    # Calls.
    "tool_argnull": called(("current_time", "{}")),
    "tool_chart": called(("draw_chart", '{"labels": ["a", "b"], "values": [1, 2]}')),
    "tool_emptylist": Came("Answer with empty tool_calls lists."),
    "tool_finishstop": called(*FIVE),
    "tool_fncall": called(*FIVE),
    "tool_idnull": called(*FIVE),
    "tool_idrepeat": called(*FIVE),
    "tool_index0": called(*NINE),
    "tool_indexnull": called(*FIVE),
    "tool_indexnull_two": called(*NINE),
    "tool_nameeach": called(*FIVE),
    "tool_nameempty": called(*FIVE),
    "tool_nocalls": Came("I will call."),
    "tool_nocallsempty": Came(),
    "tool_noindex": called(*NINE),
    "tool_norm": called(*FIVE),
    "tool_object": called(*FIVE),
    "tool_text": Came(CALL_TEXT, note=CALL_AS_TEXT),
    # Broken off, or failed; what came is kept.
    "abort": fails(GenerationFailed, refusals.FAILED_MIDWAY, "Half"),
    "cutoff": fails(GenerationFailed, refusals.BROKEN_OFF, "Half an"),
    "errevent": fails(GenerationFailed, refusals.FAILED_MIDWAY, "Half"),
    "errfirst": FAULT,
    "errmid": fails(GenerationFailed, refusals.FAILED_MIDWAY, "Half an answer and"),
    "errmid_full": fails(AnswerTooLong, refusals.FULL_MIDWAY, "Half"),
    "errmid_openrouter": fails(GenerationFailed, refusals.FAILED_MIDWAY, "Half"),
    "errmid_tgi": fails(GenerationFailed, refusals.FAILED_MIDWAY, "Half"),
    "errstring": fails(AnswerTooLong, refusals.FULL_MIDWAY, "Half"),
    "errtext": FAULT,
    "finisherror": fails(GenerationFailed, refusals.FAILED_MIDWAY, "Half a "),
    "html": fails(EngineUnavailable, refusals.NO_MODEL_SERVER),
    "html502": FAULT,
    "jsonbody_error": FAULT,
    "loadfailed": FAULT,
    "nothing": fails(EngineUnavailable, refusals.NOTHING_CAME),
    # Too long for what the model reads.
    "errctx": too_long(20_000, 8_192),
    "errctx_litellm": too_long(20_000, 8_192),
    "errctx_llamacpp": too_long(20_000, 8_192),
    "errctx_llamacpppython": too_long(20_000, 2_048),
    "errctx_llamacpppython_window": too_long(20_000, 2_048),
    "errctx_mistral": too_long(140_000, 131_072),
    "errctx_nonumbers": fails(RequestTooLong, LENGTH_UNKNOWN),
    "errctx_ollama": fails(RequestTooLong, LENGTH_UNKNOWN),
    "errctx_openai": too_long(140_000, 128_000),
    "errctx_room": fails(RequestTooLong, NO_ROOM),
    "errctx_sglang": too_long(20_000, 8_192),
    "errctx_sglang_input": too_long(20_000, 8_192),
    "errctx_tgi": too_long(20_000, 8_192),
    "errctx_vllm": too_long(20_001, 8_192),
    "errctx_vllm_decoder": too_long(20_000, 8_192),
    "errctxlms": too_long(5_000, 4_096),
    "errfirst_ctx": too_long(20_000, 8_192),
    # Other refusals.
    "429": BUSY,
    "busy_long": fails(ServerDown, "The server is busy. Try again in 15 minutes."),
    "busy_sglang": BUSY,
    "busy_tgi": BUSY,
    "errnovision": NO_VISION,
    "errnovision_hub": NO_VISION,
    "errnovision_lmstudio": NO_VISION,
    "errnovision_ollama": NO_VISION,
    "errnovision_vllm": NO_VISION,
    "errpictures": fails(RequestRejected, refusals.FEWER_PICTURES.format(10)),
    "errtool": fails(RequestRejected, refusals.NO_PARSER),
    "errtool_llamacpp": fails(RequestRejected, refusals.NO_JINJA),
    "errtool_ollama": fails(RequestRejected, refusals.NO_TOOLS),
    "forbidseed": Came("Hello", note=SEED_NOTE),
    "gateway": fails(ServerDown, refusals.TOO_SLOW),
    "key": fails(EngineUnavailable, refusals.KEY),
    "loading": Came("Hello"),
    "loading_hub": Came("Hello"),
    "loading_ollama": Came("Hello"),
    "modelgone": GONE,
    "modelgone_litellm": GONE,
    "modelgone_lmstudio": fails(EngineUnavailable, f"{refusals.MODEL_GONE}: mistral-small-3.2, qwen3-8b."),
    "modelgone_ollama": GONE,
    "toolarge": fails(RequestRejected, refusals.TOO_LARGE),
    "unpaid": fails(EngineUnavailable, refusals.UNPAID),
}  # fmt: skip


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with stub_server() as running:
        yield running


@pytest.fixture(scope="module")
def engine(stub: Stub) -> ServerEngine:
    return ServerEngine(stub.url, model="stub-model")


def replayed(name: str) -> Answer:
    """The answer of a file, in pieces that end anywhere."""
    head, _, body = (FILES / f"{name}.txt").read_bytes().partition(b"\n\n")
    (first, *lines) = head.decode().splitlines()
    status, _, kind = first.partition(" ")
    headers = {"Content-Type": kind, **dict(line.split(": ", 1) for line in lines)}
    sent = gzip.compress(body) if headers.get("Content-Encoding") == "gzip" else body

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(int(status))
        for header, value in {**headers, "Connection": "close"}.items():
            handler.send_header(header, value)
        handler.end_headers()
        for start in range(0, len(sent), 7):
            handler.wfile.write(sent[start : start + 7])

    return answer


def came(engine: ServerEngine) -> Came:
    """What comes of the question."""
    found = Came(reason="")
    try:
        for event in engine.stream(QUESTION):
            match event:
                case TextDelta(text):
                    found = replace(found, text=found.text + text)
                case ThoughtDelta(text):
                    found = replace(found, thought=found.thought + text)
                case ToolCall(_, name, arguments):
                    found = replace(found, calls=(*found.calls, (name, arguments)))
                case Finished(reason, _, note):
                    found = replace(found, reason=reason, note=note)
    except EngineError as error:
        found = replace(found, error=str(error), kind=type(error))
    return found


@pytest.mark.parametrize("name", sorted(path.stem for path in FILES.iterdir()))
def test_what_servers_were_seen_to_answer_becomes_what_it_means(
    stub: Stub, engine: ServerEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    monkeypatch.setattr(client, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(server_engine, "LOADING_SECONDS", 0.01)
    # Asked once more, a server is busy still, but it has loaded its model, and has nothing against the other fields.
    stub.answers = [replayed(name), sends(*WHOLE) if BEHAVIOURS[name].text == "Hello" else replayed(name)]
    asked = ServerEngine(stub.url, model="stub-model") if name == "forbidseed" else engine
    assert came(asked) == BEHAVIOURS[name]
    assert len(caplog.records) <= 1
    assert "secret" not in caplog.text
