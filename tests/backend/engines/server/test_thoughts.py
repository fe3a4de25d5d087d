"""What servers are told of what the model thought, and what they tell of it."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from backend.chat.errors import RequestRejected
from backend.chat.messages import AssistantMessage, Finished, Message, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta, ThoughtDelta
from backend.engines.server.engine import ServerEngine
from tests.support.stub_server import WHOLE, Answer, Stub, chunk, head, sends

QUESTION, NEXT = UserMessage((Text("2 + 2?"),)), UserMessage((Text("Why?"),))
SAID = AssistantMessage("Four.", thought="2, 2.")
PROMPT = "Think: [THINK]Your thoughts.[/THINK]Answer."
DONE = b"data: [DONE]\n\n"


def sent(stub: Stub, kind: str, *messages: Message, **fields: Any) -> dict[str, Any]:
    """The body that a server of this kind was asked with last."""
    stub.answers = stub.answers or [sends(*WHOLE)]
    list(ServerEngine(stub.url, kind=kind).stream(ChatRequest(messages=messages or (QUESTION,), **fields)))
    return stub.bodies[-1]


PLAIN = {"role": "assistant", "content": "Four."}


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("vllm", PLAIN | {"reasoning_content": "2, 2.", "reasoning": "2, 2."}),
        ("llama.cpp", PLAIN | {"reasoning_content": "2, 2.", "reasoning": "2, 2."}),
        (
            "mistral",
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "2, 2."}]},
                    {"type": "text", "text": "Four."},
                ],
            },
        ),
        ("openai", PLAIN),
    ],
)
def test_thoughts_are_sent_in_the_words_of_the_server_where_they_are_to_be(
    stub: Stub, kind: str, answer: dict[str, Any]
) -> None:
    assert sent(stub, kind, QUESTION, SAID, NEXT, send_thoughts=True)["messages"][1] == answer
    assert sent(stub, kind, QUESTION, SAID, NEXT)["messages"][1] == PLAIN


def test_a_system_prompt_shows_mistrals_own_server_how_to_think(stub: Stub) -> None:
    assert sent(stub, "mistral", system_prompt=PROMPT)["messages"][0]["content"] == [
        {"type": "text", "text": "Think: "},
        {"type": "thinking", "thinking": [{"type": "text", "text": "Your thoughts."}]},
        {"type": "text", "text": "Answer."},
    ]
    assert sent(stub, "openai", system_prompt=PROMPT)["messages"][0]["content"] == PROMPT


def refuses_thoughts(handler: BaseHTTPRequestHandler) -> None:
    """Answers as a server that knows no thoughts in what it is told, by their field."""
    if "reasoning" not in json.dumps(handler.body):  # type: ignore[attr-defined]
        return sends(*WHOLE)(handler)
    head(handler, 422)
    entry = {"type": "extra_forbidden", "loc": ["body", "messages", 1, "assistant", "reasoning"], "msg": "Extra inputs"}
    handler.wfile.write(json.dumps({"detail": [entry]}).encode())
    return None


def test_a_server_that_refuses_thoughts_is_asked_without_them(stub: Stub) -> None:
    refused: Answer = refuses_thoughts
    stub.answers = [refused, refused]
    assert sent(stub, "", QUESTION, SAID, NEXT, send_thoughts=True)["messages"][1] == PLAIN
    assert len(stub.bodies) == 2


def test_no_server_is_told_to_go_on_within_a_thought(stub: Stub) -> None:
    with pytest.raises(RequestRejected, match="within its thoughts"):
        sent(stub, "vllm", QUESTION, AssistantMessage(thought="2,"), continues=True)
    assert sent(stub, "vllm", QUESTION, SAID, continues=True)["messages"][-1] == PLAIN
    assert len(stub.bodies) == 1


def test_how_much_to_think_is_sent_and_a_server_that_cannot_be_told_is_named(stub: Stub) -> None:
    assert sent(stub, "vllm", reasoning_effort="high")["reasoning_effort"] == "high"
    assert "reasoning_effort" not in sent(stub, "vllm")
    stub.answers = [sends(*WHOLE)]
    asked = ChatRequest(messages=(QUESTION,), reasoning_effort="high")
    *_, end = ServerEngine(stub.url, kind="transformers").stream(asked)
    assert isinstance(end, Finished)
    assert "the reasoning effort" in end.note


def test_the_tokens_of_a_thought_are_told_and_those_of_an_answer_with_calls_too(stub: Stub) -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 5}}
    usage = {"usage": {"prompt_tokens": 9, "completion_tokens": 7, **details}}
    call = {"index": 0, "id": "c1", "function": {"name": "add", "arguments": "{}"}}
    stub.answers = [
        sends(chunk({"reasoning": "Hm, "}), chunk({"reasoning": "add."}), chunk({"tool_calls": [call]}, "tool_calls"),
              chunk(**usage), DONE)
    ]  # fmt: skip
    events = list(ServerEngine(stub.url).stream(ChatRequest(messages=(QUESTION,))))
    end = events[-1]
    assert isinstance(end, Finished)
    assert end.reason == "tool_calls"
    assert end.usage
    assert (end.usage.new_tokens, end.usage.thought_tokens) == (7, 5)
    assert "".join(event.text for event in events if isinstance(event, ThoughtDelta)) == "Hm, add."
    assert not any(isinstance(event, TextDelta) for event in events)
