"""What a program's request is for an engine."""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.chat.messages import AssistantMessage, ToolCall, ToolMessage, ToolResult, ToolSpec, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.sandbox.pool import Busy, LimitReached
from backend.storage.exports.openai_request import to_openai_request
from backend.tokenization.tokenizer import Tokenizer
from web.api.chat.defaults import reader_of_tools
from web.api.errors import ApiError
from web.api.pictures import RequestImages
from web.api.requests import parse_chat
from web.api.translation import Defaults, ReplyOptions, chat_request, reply_options

SHAPES = Image(str(Path("assets/examples/shapes.png").resolve()), 224, 84)
DEFAULTS = Defaults(("mistralai/Mistral-Small-3.2-24B-Instruct-2506", "small"), max_tokens=4096, max_images=3)
ASKED = {"role": "user", "content": "hi"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Says how the weather is.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "strict": True,
    },
}
CALL_ID = "call_abcdefghijklmnopqrstuvwx"  # as OpenAI's are


class Shown:
    """Takes each picture in as the same, and notes what it was asked for."""

    def __init__(self) -> None:
        self.seen = list[Any]()

    def take(self, data: bytes) -> Image:
        self.seen.append(data)
        return SHAPES

    def fetch(self, url: str) -> Image:
        self.seen.append(url)
        return SHAPES


def made(*messages: Any, images: Shown | None = None, **fields: Any) -> ChatRequest:
    body = json.dumps({"messages": [*messages] or [ASKED]} | fields).encode()
    return chat_request(parse_chat(body), images or Shown(), DEFAULTS)


def options(**fields: Any) -> ReplyOptions:
    return reply_options(parse_chat(json.dumps({"messages": [ASKED]} | fields).encode()), DEFAULTS)


def call(id_: str, arguments: Any = "{}") -> dict[str, Any]:
    return {"id": id_, "type": "function", "function": {"name": "get_weather", "arguments": arguments}}


def test_a_request_of_the_models_card_is_taken_as_it_stands() -> None:
    request = made(
        {"role": "system", "content": "You are Mistral."},
        ASKED,
        {"role": "assistant", "content": "", "tool_calls": [call("bbc5b7ede", '{"city": "Paris"}')]},
        {"role": "tool", "content": "21", "tool_call_id": "bbc5b7ede", "name": "get_weather"},
        {"role": "assistant", "content": "21 degrees."},
        {"role": "user", "content": [{"type": "text", "text": "And here?"},
                                     {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]},
        model="small", temperature=0.15, max_tokens=131072, tools=[WEATHER], tool_choice="auto",
    )  # fmt: skip
    question, called, result, answer, last = request.messages
    assert (request.system_prompt, question) == ("You are Mistral.", UserMessage((Text("hi"),)))
    assert isinstance(called, AssistantMessage)
    assert [(each.id, each.arguments) for each in called.tool_calls] == [("bbc5b7ede", '{"city": "Paris"}')]
    assert isinstance(result, ToolMessage)
    assert (result.result.call_id, result.result.output) == ("bbc5b7ede", "21")
    assert answer == AssistantMessage("21 degrees.")
    assert last == UserMessage((Text("And here?"), SHAPES))
    assert request.settings.max_tokens == 4096  # as many as the app lets an answer have
    assert (request.settings.temperature, request.tool_choice, request.tools[0].name) == (0.15, "auto", "get_weather")
    assert json.loads(request.tools[0].parameters)["required"] == ["city"]


def test_what_is_null_or_unknown_is_as_if_it_were_not_there() -> None:
    nothing = dict.fromkeys(
        ("temperature", "top_p", "max_tokens", "stop", "tools", "tool_choice", "response_format", "seed", "n", "model",
         "logit_bias", "frequency_penalty", "stream_options", "reasoning_effort"),
    )  # fmt: skip
    ignored = {"user": "me", "metadata": {"a": "b"}, "store": True, "service_tier": "auto", "gadget": [1, {"a": 2}]}
    assert made(**nothing | ignored) == made()
    assert made(n=1, presence_penalty=0.0, frequency_penalty=0, logit_bias={}) == made()


def test_the_systems_messages_are_one_prompt_wherever_they_stand() -> None:
    brief = {"role": "system", "content": [{"type": "text", "text": "Be brief."}]}
    request = made(brief, ASKED, {"role": "developer", "content": "Be kind."})
    assert (request.system_prompt, len(request.messages)) == ("Be brief.\n\nBe kind.", 1)


def test_ids_of_any_form_become_those_of_the_protocol_the_same_each_time(demo_tokenizer: Tokenizer) -> None:
    messages = (ASKED, {"role": "assistant", "content": None, "tool_calls": [call(CALL_ID), call("toolu_1")]},
                {"role": "tool", "tool_call_id": "toolu_1", "content": "b"},
                {"role": "tool", "tool_call_id": CALL_ID, "content": [{"type": "text", "text": "a"}]})  # fmt: skip
    request = made(*messages, tools=[WEATHER])
    _, called, *results = request.messages
    assert isinstance(called, AssistantMessage)
    ids = [each.id for each in called.tool_calls]
    assert all(len(id_) == 9 and id_.isascii() and id_.isalnum() for id_ in ids)
    assert [each.result.call_id for each in results if isinstance(each, ToolMessage)] == ids[::-1]
    assert made(*messages).messages == request.messages
    assert demo_tokenizer.encode(request).tokens


def test_an_id_may_come_again_in_a_later_turn() -> None:
    turn = ({"role": "assistant", "content": None, "tool_calls": [call("call_0")]},
            {"role": "tool", "tool_call_id": "call_0", "content": "x"})  # fmt: skip
    assert len(made(ASKED, *turn, ASKED, *turn).messages) == 6


def test_arguments_may_be_an_object() -> None:
    request = made(ASKED, {"role": "assistant", "tool_calls": [call("a", {"city": "Köln"})]},
                   {"role": "tool", "tool_call_id": "a", "content": "x"})  # fmt: skip
    called = request.messages[1]
    assert isinstance(called, AssistantMessage)
    assert called.tool_calls[0].arguments == '{"city": "Köln"}'


def test_pictures_are_inside_the_request_or_fetched_each_once() -> None:
    images = Shown()
    url, data = "http://example.com/a.png", "data:image/png;base64,aGk="
    at_url = {"type": "image_url", "image_url": url}
    parts = [{"type": "image_url", "image_url": {"url": data, "detail": "high"}}, at_url, at_url]
    made({"role": "user", "content": parts}, images=images)
    assert images.seen == [b"hi", url]
    with pytest.raises(ApiError, match="there can be 3 images") as caught:
        made({"role": "user", "content": [*parts, parts[0]]})
    assert caught.value.param == "messages[0].content[3].image_url"


def test_a_request_whose_pictures_come_slowly_is_given_up() -> None:
    images = RequestImages(Shown(), 3, seconds=-1)
    assert images.at("data:image/png;base64,aGk=", "a") == SHAPES
    with pytest.raises(ApiError, match="took too long to download"):
        images.at("https://example.com/a.png", "b")


def test_a_long_picture_is_decoded_whole() -> None:
    images, data = Shown(), random.Random(1).randbytes(700_001)
    url = "data:image/jpeg;base64," + base64.b64encode(data).decode()
    made({"role": "user", "content": [{"type": "image_url", "image_url": url}]}, images=images)
    assert images.seen == [data]


def test_a_tools_picture_follows_its_result_in_a_persons_message(demo_tokenizer: Tokenizer) -> None:
    content = [{"type": "text", "text": "drawn"}, {"type": "image_url", "image_url": "data:image/png;base64,aGk="}]
    request = made(ASKED, {"role": "assistant", "tool_calls": [call("a")]},
                   {"role": "tool", "tool_call_id": "a", "content": content})  # fmt: skip
    assert isinstance(last := request.messages[-1], UserMessage)
    assert last.images == (SHAPES,)
    assert isinstance(result := request.messages[-2], ToolMessage)
    assert (result.result.output, result.result.images) == ("drawn", ())
    assert demo_tokenizer.encode(request).images


@pytest.mark.parametrize(
    ("message", "fields"),
    [({"prefix": True}, {}), ({}, {"continue_final_message": True, "add_generation_prompt": False})],
)
def test_an_answer_is_gone_on_with_in_mistrals_way_and_in_vllms(
    message: dict[str, Any], fields: dict[str, Any]
) -> None:
    request = made(ASKED, {"role": "assistant", "content": "Once upon "} | message, **fields)
    assert (request.continues, request.messages[-1]) == (True, AssistantMessage("Once upon"))


def test_nothing_is_gone_on_with_where_the_beginning_is_empty() -> None:
    request = made(ASKED, {"role": "assistant", "content": "", "prefix": True})
    assert (request.continues, len(request.messages)) == (False, 1)


def test_thoughts_are_read_from_wherever_a_program_has_them() -> None:
    chunk = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    for thinking in (
        {"content": [chunk, {"type": "text", "text": "hello"}]},
        {"content": "hello", "reasoning_content": "hm"},
        {"content": "hello", "reasoning": "hm"},
    ):
        request = made(ASKED, {"role": "assistant"} | thinking, ASKED)
        assert request.messages[1] == AssistantMessage("hello", thought="hm")
        assert request.send_thoughts
    system = {"role": "system", "content": [{"type": "text", "text": "Think:"}, chunk]}
    assert made(system, ASKED, reasoning_effort="high").reasoning_effort == "high"
    assert made(system, ASKED).system_prompt == "Think:\n\n[THINK]hm[/THINK]"


def test_a_thought_that_led_to_no_answer_is_left_out(demo_tokenizer: Tokenizer) -> None:
    request = made(ASKED, {"role": "assistant", "content": "", "reasoning": "hm"}, ASKED)
    assert request.messages == (UserMessage((Text("hi"),)),) * 2
    assert demo_tokenizer.encode(request).tokens


def test_a_refusal_is_what_the_model_said() -> None:
    request = made(ASKED, {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}, ASKED)
    assert request.messages[1] == AssistantMessage("No.")
    assert made(ASKED, {"role": "assistant", "content": None, "refusal": "No."}, ASKED).messages == request.messages


def test_a_choice_says_whether_and_what_is_called() -> None:
    named = {"type": "function", "function": {"name": "get_weather"}}
    choices = {choice: made(tools=[WEATHER], tool_choice=choice) for choice in ("none", "auto", "required", "any")}
    assert choices["none"].tools == ()
    assert [choices[each].tool_choice for each in ("auto", "required", "any")] == ["auto", "required", "required"]
    assert made(tools=[WEATHER], tool_choice=named).tool_choice == "get_weather"


def test_a_format_becomes_a_schema() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema, "strict": True}}
    assert json.loads(made(response_format=wanted).settings.json_schema) == schema
    assert json.loads(made(response_format={"type": "json_object"}).settings.json_schema) == {"type": "object"}
    as_others = {"type": "json_object", "schema": schema}
    assert json.loads(made(response_format=as_others).settings.json_schema) == schema
    assert made(response_format={"type": "text"}) == made()


def test_settings_are_taken_over_and_bounded_by_the_apps() -> None:
    settings = made(
        temperature=1, top_p=0.5, top_k=-1, min_p=0.1, repetition_penalty=1.1, seed=7, stop="END", max_tokens=5,
        max_completion_tokens=9,
    ).settings  # fmt: skip
    assert (settings.temperature, settings.top_p, settings.top_k, settings.min_p) == (1, 0.5, 0, 0.1)
    assert (settings.repetition_penalty, settings.seed, settings.stop, settings.max_tokens) == (1.1, 7, ("END",), 9)
    assert made().settings.max_tokens == DEFAULTS.max_tokens


def test_a_seed_has_mistrals_name_too() -> None:
    assert made(random_seed=5).settings.seed == 5
    assert made(random_seed=5, seed=0).settings.seed == 0


def test_the_same_tools_are_read_once() -> None:
    read = list[str]()

    def run(function: Callable[[str], Any], text: str) -> Any:
        read.append(text)
        return function(text)

    defaults = replace(DEFAULTS, read_tools=reader_of_tools(run))
    body = json.dumps({"messages": [ASKED], "tools": [WEATHER]}).encode()
    made_of_it = [chat_request(parse_chat(body), Shown(), defaults) for _ in range(3)]
    assert (len(read), made_of_it[0].tools) == (1, made(tools=[WEATHER]).tools)


@pytest.mark.parametrize(("raised", "status"), [(Busy("all are"), 503), (LimitReached("time"), 400)])
def test_tools_that_cannot_be_read_within_limits_are_told_so(raised: Exception, status: int) -> None:
    def run(*_: Any) -> Any:
        raise raised

    body = json.dumps({"messages": [ASKED], "tools": [WEATHER]}).encode()
    with pytest.raises(ApiError) as caught:
        chat_request(parse_chat(body), Shown(), replace(DEFAULTS, read_tools=reader_of_tools(run)))
    assert (caught.value.status, caught.value.param) == (status, "tools")


def test_a_result_may_be_empty() -> None:
    request = made(ASKED, {"role": "assistant", "tool_calls": [call("a")]},
                   {"role": "tool", "tool_call_id": "a", "content": None})  # fmt: skip
    assert isinstance(result := request.messages[-1], ToolMessage)
    assert result.result.output == ""


def test_what_is_asked_of_the_reply() -> None:
    asked = options(stream=True, stream_options={"include_usage": True}, logprobs=True, top_logprobs=4,
                    parallel_tool_calls=False, model="small")  # fmt: skip
    assert asked == ReplyOptions(True, True, True, 4, False, "small")
    assert options() == ReplyOptions(model=DEFAULTS.models[0])


TOOL = ToolSpec("get_weather", "Says how the weather is.", json.dumps({"type": "object", "properties": {}}))
CALLED = (AssistantMessage("Let me see.", (ToolCall("abcdefghi", "get_weather", '{"city": "Köln"}'),), thought="hm"),
          ToolMessage(ToolResult("abcdefghi", "21")))  # fmt: skip


@pytest.mark.parametrize(
    "request_",
    [
        ChatRequest(
            "Be brief.", (UserMessage((Text("[1] hi"), SHAPES, Text("and?"))),), (TOOL,), tool_choice="required"
        ),
        ChatRequest("", (UserMessage((Text("hi"),)), *CALLED), (TOOL,), tool_choice="get_weather", send_thoughts=True),
        ChatRequest("", (UserMessage((Text("hi"),)), AssistantMessage("Once upon")), continues=True),
        ChatRequest(
            messages=(UserMessage((Text("hi"),)),),
            settings=GenerationSettings(0.7, 0.9, 40, 0.05, 1.1, 99, 7, ("END", "\n"), '{"type": "object"}'),
            reasoning_effort="high",
        ),
    ],
    ids=["pictures and tools", "calls and thoughts", "to be gone on with", "settings"],
)
def test_what_the_app_asks_a_server_is_the_same_request_where_that_is_the_app(request_: ChatRequest) -> None:
    fields = to_openai_request(request_, "small", lambda _: "data:image/png;base64,aGk=")
    read = chat_request(parse_chat(json.dumps(fields).encode()), Shown(), DEFAULTS)
    assert replace(read, send_thoughts=request_.send_thoughts) == request_


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
def test_whatever_is_taken_is_allowed_by_the_protocol(version: str, tokenizer_of: Callable[[str], Tokenizer]) -> None:
    chance, tokenizer = random.Random(7), tokenizer_of(version)
    taken = 0
    for _ in range(1_000):
        try:
            request = made(*_conversation(chance))
        except ApiError:
            continue
        tokenizer.encode(request)
        taken += 1
    assert taken > 100


def _conversation(chance: random.Random) -> list[dict[str, Any]]:
    """Messages in an order that may be wrong, most calls followed by their results in any order."""
    said = list[dict[str, Any]]()
    for _ in range(chance.randint(1, 5)):
        role = chance.choice(["system", "user", "user", "assistant", "tool", "calls"])
        content = chance.choice(["", " ", "hi", [], [{"type": "text", "text": "a"}, {"type": "text", "text": ""}]])
        calls = [call(id_, chance.choice(["{}", "{", "[]", ""])) for id_ in chance.sample(["a", "b", "abcdefghi"], 2)]
        match role:
            case "tool":
                said.append({"role": role, "tool_call_id": "a", "content": content})
            case "calls":
                said.append({"role": "assistant", "content": chance.choice([None, "", "x"]), "tool_calls": calls})
                said += [{"role": "tool", "tool_call_id": each["id"], "content": content} for each in reversed(calls)]
            case _:
                said.append({"role": role, "content": content})
    if chance.random() < 0.2:
        said[-1]["prefix"] = True
    return said
