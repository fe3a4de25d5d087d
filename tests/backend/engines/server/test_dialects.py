"""What each kind of server is sent, how its kind is found out, and what the person is told of what it does not take."""

from typing import Any

import pytest

from backend.chat.errors import RequestRejected
from backend.chat.messages import AssistantMessage, Finished, Message, ToolSpec, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.config import KINDS
from backend.engines.server.discovery.kinds import TABLE, by_host
from backend.engines.server.engine import ServerEngine
from tests.support.stub_server import WHOLE, Stub, refuses, sends, tells

TOOL = ToolSpec("add", "Adds", '{"type": "object"}')
OTHER = ToolSpec("other", "", '{"type": "object"}')
QUESTION = UserMessage((Text("Hi"),))
ALL = GenerationSettings(top_k=5, min_p=0.1, repetition_penalty=1.2, seed=7, stop=("END",), max_tokens=99)


def asked(stub: Stub, kind: str, *messages: Message, **fields: Any) -> tuple[dict[str, Any], Finished]:
    """The body that a server of this kind is sent, and the end of its answer."""
    stub.answers.append(sends(*WHOLE))
    *_, end = ServerEngine(stub.url, kind=kind).stream(ChatRequest(messages=messages or (QUESTION,), **fields))
    assert isinstance(end, Finished)
    return stub.bodies[-1], end


def test_the_table_has_the_kinds_that_can_be_named() -> None:
    assert set(TABLE) == {*KINDS, ""}


@pytest.mark.parametrize(
    ("kind", "sent", "told"),
    [
        ("vllm", {"top_k": 5, "min_p": 0.1, "repetition_penalty": 1.2, "seed": 7, "max_tokens": 99}, ""),
        ("sglang", {"top_k": 5, "min_p": 0.1, "repetition_penalty": 1.2, "seed": 7}, ""),
        ("llama.cpp", {"top_k": 5, "min_p": 0.1, "repeat_penalty": 1.2, "seed": 7}, ""),
        ("mistral", {"random_seed": 7, "stop": ["END"]}, "the top-k, the min-p and the repetition penalty"),
        ("openai", {"seed": 7, "max_completion_tokens": 99}, "the top-k, the min-p and the repetition penalty"),
        ("hf", {"seed": 7, "stop": ["END"]}, "the top-k, the min-p and the repetition penalty"),
        ("ollama", {"seed": 7, "stop": ["END"]}, "the top-k, the min-p and the repetition penalty"),
        ("tgi", {"seed": 7, "stop": ["END"]}, "the top-k, the min-p and the repetition penalty"),
        ("lmstudio", {"top_k": 5, "repeat_penalty": 1.2, "seed": 7}, "the min-p"),
        ("transformers", {"seed": 7, "stop": ["END"]}, "the top-k, the min-p and the repetition penalty"),
    ],
)
def test_each_kind_is_sent_what_it_takes_and_the_rest_is_told(
    stub: Stub, kind: str, sent: dict[str, Any], told: str
) -> None:
    body, end = asked(stub, kind, settings=ALL)
    ours = {"top_k", "min_p", "repetition_penalty", "repeat_penalty", "seed", "random_seed", "max_completion_tokens"}
    assert {name: body[name] for name in sent} == sent
    assert set(body) & ours == set(sent) & ours
    assert ("stream_options" in body) == (kind not in ("mistral", "transformers"))
    assert (f"doesn't support {told}, so" in end.note) if told else not end.note


@pytest.mark.parametrize("kind", KINDS)
def test_a_tool_that_is_chosen_is_the_one_that_can_be_called(stub: Stub, kind: str) -> None:
    body, end = asked(stub, kind, tools=(TOOL, OTHER), tool_choice="add")
    choice = body.get("tool_choice")
    is_named = choice == {"type": "function", "function": {"name": "add"}}
    assert is_named or [tool["function"]["name"] for tool in body["tools"]] == ["add"]
    assert is_named or choice in ("required", None)
    assert ("choice of tools" in end.note) == (choice is None)


@pytest.mark.parametrize(("kind", "word"), [("mistral", "any"), ("vllm", "required"), ("lmstudio", "required")])
def test_a_call_that_is_required_has_each_kinds_word(stub: Stub, kind: str, word: str) -> None:
    assert asked(stub, kind, tools=(TOOL,), tool_choice="required")[0]["tool_choice"] == word


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_is_gone_on_with_or_refused_but_never_begun_anew(stub: Stub, kind: str) -> None:
    half = AssistantMessage("One, two,")
    if kind in ("openai", "hf", "lmstudio", "transformers"):
        with pytest.raises(RequestRejected, match="can't continue an answer"):
            asked(stub, kind, QUESTION, half, continues=True)
        assert not stub.bodies
        return
    body, _ = asked(stub, kind, QUESTION, half, continues=True)
    last = body["messages"][-1]
    assert (last["role"], last["content"]) == ("assistant", "One, two,")
    assert last.get("prefix") == (True if kind == "mistral" else None)
    assert body.get("continue_final_message") == (True if kind in ("vllm", "sglang", "llama.cpp") else None)


def test_a_server_that_refuses_to_go_on_says_so_and_is_not_asked_again(stub: Stub) -> None:
    engine = ServerEngine(stub.url)
    request = ChatRequest(messages=(QUESTION, AssistantMessage("One,")), continues=True)
    stub.answers = [refuses(422, "continue_final_message: Extra inputs are not permitted")]
    for _ in range(2):
        with pytest.raises(RequestRejected, match="can't continue an answer"):
            list(engine.stream(request))
    assert len(stub.bodies) == 1


@pytest.mark.parametrize(
    ("refusal", "fields", "second"),
    [
        ("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
         {}, {"max_completion_tokens": 1024}),
        ("Invalid tool_choice type: 'object'. Supported string values: none, auto, required",
         {"tools": (TOOL, OTHER), "tool_choice": "add"}, {"tool_choice": "required"}),
        ("Unexpected fields in the request: {'min_p', 'top_k'}",
         {"settings": GenerationSettings(top_k=5, min_p=0.1, stop=("END",))}, {"stop": ["END"]}),
    ],
    ids=["OpenAI's newer models", "LM Studio behind a proxy", "transformers"],
)  # fmt: skip
def test_what_a_server_of_no_known_kind_refuses_is_said_in_its_words_from_then_on(
    stub: Stub, refusal: str, fields: dict[str, Any], second: dict[str, Any]
) -> None:
    engine = ServerEngine(stub.url)
    stub.answers = [refuses(400, refusal), sends(*WHOLE), sends(*WHOLE)]
    for _ in range(2):
        events = list(engine.stream(ChatRequest(messages=(QUESTION,), **fields)))
        assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "Hello"
    assert len(stub.bodies) == 3
    assert all({name: body.get(name) for name in second} == second for body in stub.bodies[1:])
    assert not {"top_k", "min_p"} & set(stub.bodies[-1])


@pytest.mark.parametrize(
    ("model", "headers", "kind"),
    [
        ({"id": "tiny", "owned_by": "vllm"}, {}, "vllm"),
        ({"id": "tiny", "owned_by": "sglang"}, {}, "sglang"),
        ({"id": "tiny", "owned_by": "llamacpp"}, {}, "llama.cpp"),
        ({"id": "tiny"}, {"Server": "llama.cpp"}, "llama.cpp"),
        ({"id": "tiny", "owned_by": "library"}, {}, "ollama"),
        ({"id": "tiny", "owned_by": "organization_owner"}, {}, "lmstudio"),
        ({"id": "mistral-small-2506", "owned_by": "mistralai"}, {}, "mistral"),
        ({"id": "mistralai/Mistral-Small-3.2", "owned_by": "mistralai"}, {}, ""),
        ({"id": "org/tiny", "owned_by": "org/tiny"}, {}, "tgi"),
        ({"id": "tiny", "owned_by": ""}, {}, ""),
    ],
    ids=str,
)
def test_the_kind_is_found_out_by_the_list_of_models(
    stub: Stub, model: dict[str, str], headers: dict[str, str], kind: str
) -> None:
    stub.listing = tells({"data": [model]}, **headers)
    engine = ServerEngine(stub.url)
    assert engine.model == model["id"]
    assert engine.presence.kind.name == kind
    told = ServerEngine(stub.url, kind="openai")
    assert told.model == model["id"]
    assert told.presence.kind.name == "openai"


def test_the_kind_is_found_out_by_the_host_and_not_by_what_looks_like_it() -> None:
    hosts = ("api.mistral.ai", "API.openai.com", "router.huggingface.co", "api.mistral.ai.example.org", "localhost")
    assert [by_host(host).name for host in hosts] == ["mistral", "openai", "hf", "", ""]
