"""A conversation as Markdown."""

import pytest

from backend.chat.context import fenced
from backend.chat.marks import composed
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.parts import Image, Text, TextFile
from backend.storage.exports.markdown import pretty, to_markdown

CALL = ToolCall("abcdefghi", "weather", '{"city":"Orléans"}')
MESSAGES: tuple[Message, ...] = (
    UserMessage((Image("secret-path.png", 40, 30), Text("Rain?"))),
    AssistantMessage("I look.", (CALL,)),
    ToolMessage(ToolResult(CALL.id, "7 °C")),
    AssistantMessage("Yes.", note="Stopped.", thought="7 °C: ``` rain."),
)


def test_the_whole_conversation_can_be_read() -> None:
    assert to_markdown("Weather", "Be brief.", Conversation(MESSAGES)) == (
        "# Weather\n\n"
        "<details><summary>System prompt</summary>\n\n```\nBe brief.\n```\n\n</details>\n\n"
        "## User\n\n*[image, 40 × 30]*\n\nRain?\n\n"
        '## Assistant\n\nI look.\n\n**Call of weather**\n\n```json\n{\n  "city": "Orléans"\n}\n```\n\n'
        "**Result**\n\n```\n7 °C\n```\n\n"
        "## Assistant\n\n<details><summary>Thought</summary>\n\n````\n7 °C: ``` rain.\n````\n\n</details>\n\n"
        "Yes.\n\n*Stopped.*\n"
    )


def test_a_blank_system_prompt_is_left_out() -> None:
    assert to_markdown("Empty", " \n", Conversation()) == "# Empty\n"


def test_a_failed_call_and_a_fixed_reply_are_told_apart() -> None:
    failed = ToolMessage(ToolResult(CALL.id, "No city.", is_error=True))
    fixed = ToolMessage(ToolResult(CALL.id, "7 °C", canned=True))
    assert "**Result (canned)**" in to_markdown("W", "", Conversation((*MESSAGES[:2], fixed)))
    denied = ToolMessage(ToolResult(CALL.id, "Error: not now", is_error=True, denied=True))
    assert "**Denied**" in to_markdown("W", "", Conversation((*MESSAGES[:2], denied)))
    assert "**Error**\n\n```\nNo city.\n```" in to_markdown("W", "", Conversation((*MESSAGES[:2], failed)))


@pytest.mark.parametrize("text", ["`", "```", "a\n````\n# b", "```json\n```", "`" * 9])
def test_nothing_inside_a_fence_can_end_it(text: str) -> None:
    first, *inside, last = fenced(text, "json").split("\n")
    assert "\n".join(inside) == text
    assert first == last + "json"
    assert last.strip("`") == ""
    assert len(last) >= 3
    assert last not in text


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", "[" * 100_000])
def test_arguments_that_are_no_json_are_shown_as_they_are(text: str) -> None:
    assert pretty(text) == text


def test_an_export_can_be_written_whatever_the_model_put_into_a_call() -> None:
    half = AssistantMessage("", (ToolCall(CALL.id, "weather", '{"city": "\\ud83d"}'),))
    assert to_markdown("W", "", Conversation((half,))).encode()


def test_files_are_folded_under_their_names_and_placed_images_have_the_numbers_of_their_marks() -> None:
    images = (Image("secret.png", 4, 3), Image("secret.png", 5, 6, "page *2* of a.pdf"))
    asked = UserMessage(composed("Is [2] so?", images, (TextFile("a<b>.md", "```\n</details>"),)))
    assert to_markdown("W", "", Conversation((asked,))) == (
        "# W\n\n## User\n\n*[image, 4 × 3]*\n\n*[image 2, page \\*2\\* of a.pdf, 5 × 6]*\n\n"
        "<details><summary>a&lt;b&gt;.md</summary>\n\n````\n```\n</details>\n````\n\n</details>\n\nIs [2] so?\n"
    )
