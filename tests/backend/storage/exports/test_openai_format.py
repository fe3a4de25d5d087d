"""Conversations as OpenAI's messages."""

import json
from typing import Any

from backend.chat.context import file_text
from backend.chat.marks import composed
from backend.chat.messages import (
    CANCELLED,
    AssistantMessage,
    Conversation,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.parts import Image, Text, TextFile
from backend.storage.exports.openai_format import to_openai

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


def written(system_prompt: str, conversation: Conversation) -> list[dict[str, Any]]:
    """The messages, after a way through JSON text."""
    messages: list[dict[str, Any]] = json.loads(
        json.dumps(to_openai(system_prompt, conversation, lambda image: f"url:{image.path}"))
    )
    return messages


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


def test_several_texts_are_one_with_a_blank_line_between_them() -> None:
    message = UserMessage((Text("One"), Text("Two"), CAT, Text("Three"), Text(""), Text("Four")))
    (plain,) = written("", Conversation((UserMessage((Text("One"), Text("Two"))),)))
    (mixed,) = written("", Conversation((message,)))
    assert plain["content"] == "One\n\nTwo"
    assert [part.get("text", "picture") for part in mixed["content"]] == ["One\n\nTwo", "picture", "Three\n\nFour"]


def test_a_file_is_a_text_under_its_name_and_an_image_stands_where_a_mark_placed_it() -> None:
    csv = TextFile("a.csv", "1,2")
    (plain,) = written("", Conversation((UserMessage(composed("Sum?", (), (csv,))),)))
    assert plain["content"] == f"{file_text(csv)}\n\nSum?"
    (mixed,) = written("", Conversation((UserMessage(composed("Is [2] like [1]?", (CAT, DOG), (csv,))),)))
    assert [part.get("text") or part["image_url"]["url"] for part in mixed["content"]] == [
        f"{file_text(csv)}\n\nIs ", "url:dog.png", " like ", "url:cat.png", "?",
    ]  # fmt: skip


def test_a_thought_stands_under_both_names() -> None:
    *_, answer, _ = written("", OURS)
    assert answer == {
        "role": "assistant", "content": "A cat and a dog.", "reasoning_content": "Two animals.",
        "reasoning": "Two animals.",
    }  # fmt: skip
