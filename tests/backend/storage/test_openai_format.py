"""Conversations as OpenAI's messages: ours written, and everyone's read."""

import json
import re
from typing import Any

import pytest

from backend.chat.errors import ConversationInvalid, ImageRefused
from backend.chat.messages import (
    CANCELLED,
    AssistantMessage,
    Conversation,
    Image,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.storage.openai_format import from_openai, to_openai

CAT, DOG = Image("cat.png", 4, 3), Image("dog.png", 3, 4)
A, B = ToolCall("aaaaaaaaa", "look", '{"at": "Zoë"}'), ToolCall("bbbbbbbbb", "clock", '{"zone": ')
OURS = Conversation(
    (
        UserMessage((CAT, Text("Who?"), DOG)),
        AssistantMessage("I look.", (A, B)),
        ToolMessage(ToolResult(A.id, "A cat.")),
        ToolMessage(ToolResult(B.id, "Error: bad.")),
        AssistantMessage("A cat and a dog.", thought="Two animals."),
        UserMessage((Text("Thanks."),)),
    )
)


def taken(url: str) -> Image:
    """The picture of an address such as url:cat.png."""
    if not url.startswith("url:"):
        raise ImageRefused("Only pictures inside are taken.")
    return {"cat.png": CAT, "dog.png": DOG}[url.removeprefix("url:")]


def written(system_prompt: str, conversation: Conversation) -> list[dict[str, Any]]:
    """The messages, after a way through JSON text."""
    messages: list[dict[str, Any]] = json.loads(
        json.dumps(to_openai(system_prompt, conversation, lambda image: f"url:{image.path}"))
    )
    return messages


def without_ids(conversation: Conversation) -> list[object]:
    """The messages with each call's id replaced by its place among the ids."""
    ids: dict[str, int] = {}
    shown: list[object] = []
    for message in conversation.messages:
        match message:
            case AssistantMessage(text, calls):
                shown.append((text, [(ids.setdefault(c.id, len(ids)), c.name, c.arguments) for c in calls]))
            case ToolMessage(result):
                shown.append((ids[result.call_id], result.output))
            case _:
                shown.append(message)
    return shown


def test_our_own_messages_come_back() -> None:
    prompt, back = from_openai(written("Be brief.\n", OURS), taken)
    assert prompt == "Be brief.\n"
    assert without_ids(back) == without_ids(OURS)


def test_the_form_is_that_of_the_api() -> None:
    user, assistant, first, *_ = written(" ", OURS)
    assert user == {
        "role": "user",
        "content": [
            {"type": "image_url", "image_url": {"url": "url:cat.png"}},
            {"type": "text", "text": "Who?"},
            {"type": "image_url", "image_url": {"url": "url:dog.png"}},
        ],
    }
    assert assistant["tool_calls"][0] == {
        "id": "aaaaaaaaa",
        "type": "function",
        "function": {"name": "look", "arguments": '{"at": "Zoë"}'},
    }
    assert first == {"role": "tool", "tool_call_id": "aaaaaaaaa", "content": "A cat."}
    assert written("", OURS)[-1] == {"role": "user", "content": "Thanks."}


def test_what_no_api_would_take_is_settled_first() -> None:
    messages = written("", Conversation((*OURS.messages[:3], AssistantMessage(note="Stopped."))))
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "tool"]
    assert messages[-1]["content"] == CANCELLED


def test_a_request_body_is_read_too() -> None:
    body = {"model": "other", "messages": [{"role": "user", "content": "Hi"}], "temperature": 1}
    assert from_openai(body, taken) == ("", Conversation((UserMessage((Text("Hi"),)),)))


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("Hi", (Text("Hi"),)),
        ([{"type": "text", "text": "Hi"}, {"type": "text", "text": "you"}], (Text("Hi"), Text("you"))),
        ([{"type": "image_url", "image_url": {"url": "url:cat.png", "detail": "low"}}], (CAT,)),
        ([{"type": "image_url", "image_url": "url:dog.png"}, {"type": "text", "text": "?"}], (DOG, Text("?"))),
    ],
)
def test_every_form_of_content_is_read(content: object, parts: tuple[object, ...]) -> None:
    assert from_openai([{"role": "user", "content": content}], taken)[1] == Conversation((UserMessage(parts),))  # type: ignore[arg-type]


def test_system_and_developer_messages_make_the_system_prompt_wherever_they_stand() -> None:
    messages = [
        {"role": "system", "content": "One"},
        {"role": "user", "content": "Hi"},
        {"role": "developer", "content": [{"type": "text", "text": "Two"}, {"type": "text", "text": "Three"}]},
    ]
    assert from_openai(messages, taken) == ("One\n\nTwo\nThree", Conversation((UserMessage((Text("Hi"),)),)))


@pytest.mark.parametrize("content", [None, "", [{"type": "text", "text": ""}]])
@pytest.mark.parametrize(
    ("arguments", "read"), [({"at": "Zoë"}, '{"at": "Zoë"}'), ('{"at": ', '{"at": '), ("", "{}"), (None, "{}")]
)
def test_a_call_is_read_whatever_form_its_arguments_have(content: object, arguments: object, read: str) -> None:
    call = {"id": "call_0123456789abcdef", "function": {"name": "look", "arguments": arguments}}
    _, conversation = from_openai([{"role": "assistant", "content": content, "tool_calls": [call]}], taken)
    (message,) = conversation.messages
    assert isinstance(message, AssistantMessage)
    assert (message.text, message.tool_calls[0].name, message.tool_calls[0].arguments) == ("", "look", read)


def test_ids_of_another_form_are_replaced_by_ours_and_calls_keep_their_results() -> None:
    names = ["call_0123456789abcdef", "toolu-1", "1"]
    calls = [{"id": name, "function": {"name": "look", "arguments": "{}"}} for name in names]
    results = [{"role": "tool", "tool_call_id": name, "content": name} for name in reversed(names)]
    again = [{"role": "assistant", "tool_calls": calls[:1]}, results[-1]]  # some servers count from the start each turn
    _, conversation = from_openai([{"role": "assistant", "tool_calls": calls}, *results, *again], taken)
    assert without_ids(conversation) == [
        ("", [(number, "look", "{}") for number in range(3)]), (2, "1"), (1, "toolu-1"), (0, names[0]),
        ("", [(3, "look", "{}")]), (3, names[0]),
    ]  # fmt: skip
    ids = [call.id for m in conversation.messages if isinstance(m, AssistantMessage) for call in m.tool_calls]
    assert len(set(ids)) == 4
    assert all(re.fullmatch("[a-zA-Z0-9]{9}", id_) for id_ in ids)


@pytest.mark.parametrize("value", [None, 7, "text", {}, {"messages": None}, {"messages": "text"}, ["text"], [[]]])
def test_a_file_without_messages_is_refused(value: object) -> None:
    with pytest.raises(ConversationInvalid, match=r"^There are no messages in this file\.$"):
        from_openai(value, taken)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"role": "owner", "content": "Hi"},
        {"role": ["user"], "content": "Hi"},
        {"role": "user", "content": 7},
        {"role": "user", "content": ["Hi"]},
        {"role": "user", "content": {"type": "text", "text": "Hi"}},
        {"role": "user", "content": [{"text": "Hi"}]},
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {}}]},
        {"role": "assistant", "content": ["Hi"]},
        {"role": "assistant", "tool_calls": 7},
        {"role": "assistant", "tool_calls": [{"function": {"name": "look"}}]},
        {"role": "assistant", "tool_calls": [{"id": [], "function": {"name": "look"}}]},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {}}]},
        {"role": "assistant", "tool_calls": [{"id": "a", "function": "look"}]},
        {"role": "assistant", "tool_calls": [{"id": "a"}]},
        {"role": "tool", "content": "A cat."},
        {"role": "tool", "tool_call_id": "never called", "content": "A cat."},
    ],
)
def test_a_message_that_no_chat_can_hold_is_refused_with_its_number(entry: dict[str, Any]) -> None:
    with pytest.raises(ConversationInvalid, match=r"^Message 3 is not one that a chat can hold\.$"):
        from_openai([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, entry], taken)


def test_a_picture_that_is_not_taken_is_refused_with_its_own_sentence() -> None:
    entry = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]}
    with pytest.raises(ImageRefused, match="Only pictures inside"):
        from_openai([entry], taken)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ConversationInvalid):
        from_openai(json.loads('[{"role": "user", "content": "\\ud800"}]'), taken)


def test_a_picture_that_is_named_many_times_is_taken_once() -> None:
    taken: list[str] = []

    def take(address: str) -> Image:
        taken.append(address)
        return Image(address, 40, 30)

    content = [{"type": "image_url", "image_url": {"url": "data:a"}}] * 500
    _, conversation = from_openai([{"role": "user", "content": content}], take)
    assert conversation.messages == (UserMessage((Image("data:a", 40, 30),) * 500),)
    assert taken == ["data:a"]


def test_fields_that_others_leave_empty_are_none() -> None:
    empty = {"tool_call_id": None, "tool_calls": None, "name": None}
    entries = [{"role": "user", "content": "Hi"} | empty, {"role": "assistant", "content": "Hello"} | empty]
    _, conversation = from_openai(entries, taken)
    assert conversation.messages == (UserMessage((Text("Hi"),)), AssistantMessage("Hello"))


def test_ids_that_are_numbers_tell_calls_apart_too() -> None:
    calls = [{"id": number, "function": {"name": "look", "arguments": [number]}} for number in (1, 2)]
    results = [{"role": "tool", "tool_call_id": number, "content": f"seen {number}"} for number in (2, 1)]
    _, conversation = from_openai([{"role": "assistant", "tool_calls": calls}, *results], taken)
    assert without_ids(conversation) == [("", [(0, "look", "[1]"), (1, "look", "[2]")]), (1, "seen 2"), (0, "seen 1")]
