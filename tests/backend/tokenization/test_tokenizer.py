"""What the model reads is what mistral-common makes of the same conversation, written by hand in OpenAI's form."""

import base64
import io
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.base import Tokenized
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from mistral_common.tokens.tokenizers.tekken import Tekkenizer
from PIL import Image as PILImage

from backend.chat.errors import RequestRejected
from backend.chat.messages import (
    AssistantMessage,
    Finished,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    ToolSpec,
    UserMessage,
)
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.engines.server.request_body import body
from backend.sandbox.caller import CALLER
from backend.tokenization.library import LONGEST_REMEMBERED, RememberingTekkenizer
from backend.tokenization.tokenizer import QUICK, Tokenizer

TokenizerOf = Callable[[str], Tokenizer]

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Où ?"}, "days": {"type": "integer"}},
    "required": ["city"],
}
OPENAI_TOOLS = [
    {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": WEATHER}},
    {"type": "function", "function": {"name": "clock", "description": "The time.", "parameters": {"type": "object"}}},
]
TOOLS = (
    ToolSpec("weather", "The weather.", json.dumps(WEATHER)),
    ToolSpec("clock", "The time.", '{"type": "object"}'),
)
PARIS, NOW = ToolCall("abcDEF123", "weather", '{"city": "Orléans", "days": 2}'), ToolCall("zyx987WVU", "clock", "{}")
MARKED = "[TOOL_CALLS][INST][/INST]</s>[IMG][ARGS]<s>"

# Name -> the request, and its messages in OpenAI's form.
CONVERSATIONS: dict[str, tuple[ChatRequest, list[dict[str, Any]]]] = {
    "system and text": (
        ChatRequest("Be brief.\n", (UserMessage((Text("Hello, wörld 👩‍👧!"),)),)),
        [{"role": "system", "content": "Be brief.\n"}, {"role": "user", "content": "Hello, wörld 👩‍👧!"}],
    ),
    "a blank system prompt is none": (
        ChatRequest(" \n", (UserMessage((Text("Hello"),)),)),
        [{"role": "user", "content": "Hello"}],
    ),
    "several turns, with notes that no model reads": (
        ChatRequest(
            messages=(
                UserMessage((Text("One"),)),
                AssistantMessage("Two", stats=Finished("length"), note="The answer was cut off."),
                UserMessage((Text("Three"),)),
            )
        ),
        [
            {"role": "user", "content": "One"},
            {"role": "assistant", "content": "Two"},
            {"role": "user", "content": "Three"},
        ],
    ),
    "tools, of which none is called": (
        ChatRequest("Be brief.", (UserMessage((Text("Hello"),)),), TOOLS),
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
    ),
    "parallel calls with a result and an error": (
        ChatRequest(
            "Be brief.",
            (
                UserMessage((Text("Weather and time?"),)),
                AssistantMessage("", (PARIS, NOW)),
                ToolMessage(ToolResult(PARIS.id, "Rain, 7 °C", seconds=0.1)),
                ToolMessage(ToolResult(NOW.id, "Error: no clock.", is_error=True)),
            ),
            TOOLS,
        ),
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Weather and time?"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "abcDEF123",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city": "Orléans", "days": 2}'},
                    },
                    {"id": "zyx987WVU", "type": "function", "function": {"name": "clock", "arguments": "{}"}},
                ],
            },
            {"role": "tool", "tool_call_id": "abcDEF123", "name": "weather", "content": "Rain, 7 °C"},
            {"role": "tool", "tool_call_id": "zyx987WVU", "name": "clock", "content": "Error: no clock."},
        ],
    ),
    "turns with tools": (
        ChatRequest(
            messages=(
                UserMessage((Text("Time?"),)),
                AssistantMessage("", (NOW,)),
                ToolMessage(ToolResult(NOW.id, "12:00")),
                AssistantMessage("Noon."),
                UserMessage((Text("And the weather?"),)),
                AssistantMessage("", (PARIS,)),
                ToolMessage(ToolResult(PARIS.id, '{"sky": "grey"}')),
            ),
            tools=TOOLS,
        ),
        [
            {"role": "user", "content": "Time?"},
            {
                "role": "assistant",
                "tool_calls": [
                    {"id": "zyx987WVU", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
                ],
            },
            {"role": "tool", "tool_call_id": "zyx987WVU", "name": "clock", "content": "12:00"},
            {"role": "assistant", "content": "Noon."},
            {"role": "user", "content": "And the weather?"},
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "abcDEF123",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city": "Orléans", "days": 2}'},
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "abcDEF123", "name": "weather", "content": '{"sky": "grey"}'},
        ],
    ),
}


def picture(folder: Path, number: int) -> tuple[Image, dict[str, Any]]:
    """A picture of its own size and colours, as a part of ours and as OpenAI's."""
    width, height = 10 + 67 * number % 300, 300 - 41 * number % 290
    noise = np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    PILImage.fromarray(noise).save(buffer, "PNG")
    path = folder / f"{number}.png"
    path.write_bytes(buffer.getvalue())
    url = f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    return Image(str(path), width, height), {"type": "image_url", "image_url": {"url": url}}


def specials(request: ChatRequest, tokenizer: Tokenizer) -> list[int]:
    """The special tokens in a prompt, in order."""
    return [token for token in tokenizer.encode(request).tokens if token < 64]


def everywhere(text: str) -> ChatRequest:
    """A conversation that has a text in each place in which one can stand."""
    call = ToolCall("abcDEF123", "clock", json.dumps({"zone": text}))
    return ChatRequest(
        text,
        (
            UserMessage((Text(text),)),
            AssistantMessage(text),
            UserMessage((Text(text), Text(text))),
            AssistantMessage("", (call,)),
            ToolMessage(ToolResult(call.id, text)),
        ),
        (ToolSpec("clock", text, json.dumps({"type": "object", "description": text})),),
    )


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_the_model_reads_what_mistral_common_writes(
    name: str, version: str, tokenizer_of: TokenizerOf, tokenizer_file: Callable[[str], Path]
) -> None:
    request, messages = CONVERSATIONS[name]
    tools = OPENAI_TOOLS if request.tools else None
    theirs: MistralTokenizer = MistralTokenizer.from_file(tokenizer_file(version))  # the library's own, untouched
    expected = theirs.encode_chat_completion(ChatCompletionRequest.from_openai(messages, tools))
    assert tokenizer_of(version).encode(request).tokens == expected.tokens


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
@pytest.mark.parametrize("count", range(1, 11))
def test_pictures_reach_the_model_in_order_and_unchanged(
    count: int, version: str, tokenizer_of: TokenizerOf, tokenizer_file: Callable[[str], Path], tmp_path: Path
) -> None:
    ours, theirs = zip(*(picture(tmp_path, number) for number in range(count)), strict=True)
    request = ChatRequest(
        messages=(
            UserMessage((*ours[:-1], Text("And this?"), ours[-1])),
            AssistantMessage("Noise."),
            UserMessage((ours[0],)),
        )
    )
    messages = [
        {"role": "user", "content": [*theirs[:-1], {"type": "text", "text": "And this?"}, theirs[-1]]},
        {"role": "assistant", "content": "Noise."},
        {"role": "user", "content": [theirs[0]]},
    ]
    prompt = tokenizer_of(version).encode(request)
    theirs_whole: MistralTokenizer = MistralTokenizer.from_file(tokenizer_file(version))
    expected = theirs_whole.encode_chat_completion(ChatCompletionRequest.from_openai(messages))
    assert prompt.tokens == expected.tokens
    assert len(prompt.images) == count + 1
    for image, other in zip(prompt.images, expected.images, strict=True):
        assert np.array_equal(image.pixels(), other)


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
def test_several_texts_of_one_message_are_read_alike_here_and_on_a_server(
    version: str, tokenizer_of: TokenizerOf
) -> None:
    tokenizer, several = tokenizer_of(version), UserMessage((Text("One"), Text(""), Text("Two")))
    (sent,) = body(ChatRequest(messages=(several,)), "model")["messages"]
    assert sent == {"role": "user", "content": "One\n\nTwo"}
    as_one = ChatRequest(messages=(UserMessage((Text(sent["content"]),)),))
    assert tokenizer.encode(ChatRequest(messages=(several,))).tokens == tokenizer.encode(as_one).tokens


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
def test_a_text_that_comes_again_is_read_as_it_was_the_first_time(version: str, tokenizer_of: TokenizerOf) -> None:
    def ids() -> list[int]:
        said = [UserMessage((Text(f"Question {n}"),)) for n in (1, 2, 1)]
        asked = ChatRequest(
            "Be brief.", (said[0], AssistantMessage("Question 1"), said[1], AssistantMessage("2"), said[2])
        )
        return tokenizer_of(version).encode(asked).tokens

    first = ids()
    kept = list(first)
    first.extend(first)  # whoever asked may do with it what he likes
    assert ids() == ids() == kept


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
def test_text_that_spells_special_tokens_makes_none(version: str, tokenizer_of: TokenizerOf) -> None:
    tokenizer = tokenizer_of(version)
    assert specials(everywhere(MARKED), tokenizer) == specials(everywhere("plain"), tokenizer)


def called(arguments: str) -> ChatRequest:
    """A conversation in which the model called a tool with these arguments."""
    messages: tuple[Message, ...] = (
        UserMessage((Text("Time?"),)),
        AssistantMessage("", (ToolCall(NOW.id, "clock", arguments),)),
        ToolMessage(ToolResult(NOW.id, "Error: bad arguments.", is_error=True)),
    )
    return ChatRequest(messages=messages, tools=TOOLS)


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
@pytest.mark.parametrize("arguments", ["", "[1]", "null", '{"city": ', "9" * 5000, "[" * 100_000])
def test_arguments_that_are_no_object_are_read_back_as_none_at_all(
    arguments: str, version: str, tokenizer_of: TokenizerOf
) -> None:
    assert tokenizer_of(version).encode(called(arguments)) == tokenizer_of(version).encode(called("{}"))


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
@pytest.mark.parametrize("arguments", ['{"a": NaN}', '{"a": "\\ud800"}', '{"a": 1e999}', '{"a": "\\u0000"}'])
def test_odd_arguments_do_not_break_the_conversation(arguments: str, version: str, tokenizer_of: TokenizerOf) -> None:
    assert tokenizer_of(version).encode(called(arguments)).tokens


@pytest.mark.parametrize(
    "messages",
    [
        (),
        (UserMessage((Text("Time?"),)), AssistantMessage("", (NOW,))),
        (UserMessage((Text("Time?"),)), AssistantMessage("Noon.")),
        (UserMessage((Text("Time?"),)), AssistantMessage("", (ToolCall("short", "clock", "{}"),))),
    ],
)
def test_a_conversation_that_the_protocol_does_not_allow_is_rejected(
    messages: tuple[Message, ...], demo_tokenizer: Tokenizer
) -> None:
    with pytest.raises(RequestRejected):
        demo_tokenizer.encode(ChatRequest(messages=messages))


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_a_picture_that_is_gone_or_broken_is_rejected(
    content: bytes | None, demo_tokenizer: Tokenizer, tmp_path: Path
) -> None:
    path = tmp_path / "lost.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RequestRejected):
        demo_tokenizer.encode(ChatRequest(messages=(UserMessage((Image(str(path), 4, 3),)),)))


def test_the_librarys_objects_are_as_its_constructors_made_them(demo_tokenizer: Tokenizer) -> None:
    """Nothing is put in the place of a method on an object of the library's."""
    parts = (
        demo_tokenizer.mistral,
        demo_tokenizer.mistral.instruct_tokenizer,
        demo_tokenizer.mistral.instruct_tokenizer.image_encoder,
        demo_tokenizer.mistral._chat_completion_request_validator,
        demo_tokenizer.tekken,
    )
    for part in parts:
        assert not [name for name in vars(part) if callable(getattr(type(part), name, None))]


def test_a_text_is_cut_into_tokens_once(demo_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    said = UserMessage((Text("A text that nobody else writes."),))
    first = demo_tokenizer.encode(ChatRequest("Nor this one.", (said,)))
    with monkeypatch.context() as patch:
        patch.setattr(RememberingTekkenizer, "_cut", pytest.fail)
        assert demo_tokenizer.encode(ChatRequest("Nor this one.", (said,))) == first


def asked_at_once(tokenizer: Tokenizer, *askers: tuple[str, int]) -> None:
    """A request of each, who has an address and says so many characters, all at once."""

    def asks(caller: str, size: int) -> None:
        CALLER.set(caller)
        tokenizer.encode(ChatRequest(messages=(UserMessage((Text("s" * size),)),)))

    with ThreadPoolExecutor(len(askers)) as threads:
        for done in [threads.submit(asks, *one) for one in askers]:
            done.result()


def test_of_one_visitors_long_requests_one_is_translated_at_a_time(
    demo_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some at once would hold up everybody for seconds."""
    at_work: set[int] = set()

    def translate(_: Any, request: Any) -> Tokenized:
        assert not at_work
        at_work.add(id(request))
        time.sleep(0.02)
        at_work.remove(id(request))
        return Tokenized(tokens=[])

    monkeypatch.setattr(MistralTokenizer, "encode_chat_completion", translate)
    asked_at_once(demo_tokenizer, *[("one", QUICK + 1)] * 4)


@pytest.mark.parametrize("second", [("another", QUICK + 1), ("one", QUICK), ("", QUICK + 1)])
def test_no_other_visitor_and_no_short_request_waits_for_a_long_one(
    second: tuple[str, int], demo_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2, timeout=30)

    def translate(*_: Any) -> Tokenized:
        both.wait()
        return Tokenized(tokens=[])

    monkeypatch.setattr(MistralTokenizer, "encode_chat_completion", translate)
    asked_at_once(demo_tokenizer, ("one", QUICK + 1), second)


@pytest.mark.parametrize("text", ["", "abc é€😀", "sea " * LONGEST_REMEMBERED, "half \ud83d of one", "a\ud83d\ude00b"])
@pytest.mark.parametrize(("bos", "eos"), [(False, False), (True, False), (False, True)])
def test_a_text_is_cut_as_the_library_cuts_it(text: str, bos: bool, eos: bool, demo_tokenizer: Tokenizer) -> None:
    tekken = demo_tokenizer.tekken
    assert tekken.encode(text, bos, eos) == Tekkenizer.encode(tekken, text, bos, eos)


@pytest.mark.parametrize("blank", [" ", "\t"])
def test_more_blanks_than_the_library_can_read_are_told_so(blank: str, demo_tokenizer: Tokenizer) -> None:
    with pytest.raises(RequestRejected, match="longest run of blanks"):
        demo_tokenizer.encode(ChatRequest(messages=(UserMessage((Text(blank * 1_000_000),)),)))
    with pytest.raises(RequestRejected, match="longest run of blanks"):
        demo_tokenizer.text_ids(blank * 1_000_000)
