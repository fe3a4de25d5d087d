"""What the chatbot shows of a conversation."""

import pytest

from backend.chat import (
    AssistantMessage,
    Conversation,
    Finished,
    Image,
    Message,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
    UserMessage,
)
from ui.bubbles import bubbles, edited_text, message_index, stats_line

ASKED = UserMessage((Text("What is 2+2?"),))
CALL = ToolCall("abcdefghi", "calculate", '{"expression":"2+2"}')
CALLED = AssistantMessage(tool_calls=(CALL,))


def conversation(*messages: Message) -> Conversation:
    return Conversation(messages)


def answered(output: str, is_error: bool = False, seconds: float | None = None) -> ToolMessage:
    return ToolMessage(ToolResult(CALL.id, output, is_error, seconds))


def texts(shown: Conversation) -> list[str]:
    return [bubble["content"][0]["text"] for bubble in bubbles(shown)]


def title(shown: Conversation) -> str:
    return str(bubbles(shown)[1]["metadata"]["title"])


def test_an_empty_conversation_shows_nothing() -> None:
    assert bubbles(Conversation()) == []


def test_a_persons_message_shows_its_pictures_and_text_in_order() -> None:
    (bubble,) = bubbles(conversation(UserMessage((Image("/store/a.png", 56, 56), Text("Look")))))
    picture, text = bubble["content"]
    assert bubble["role"] == "user"
    assert picture["file"]["path"] == "/store/a.png"
    assert picture["file"]["url"] == "/gradio_api/file=/store/a.png"
    assert text["text"] == "Look"


def test_an_answer_shows_its_text() -> None:
    shown = bubbles(conversation(ASKED, AssistantMessage("Four.")))
    assert shown[1]["role"] == "assistant"
    assert shown[1]["metadata"] is None
    assert shown[1]["content"] == [{"type": "text", "text": "Four."}]


def test_an_answer_without_anything_shows_no_bubble() -> None:
    assert len(bubbles(conversation(ASKED, AssistantMessage()))) == 1


def test_an_answer_with_text_a_call_and_a_note_shows_three_bubbles_in_this_order() -> None:
    shown = texts(conversation(ASKED, AssistantMessage("I count.", (CALL,), note="Stopped.")))
    assert shown[1] == "I count."
    assert '"expression": "2+2"' in shown[2]
    assert "Stopped." in shown[3]


def test_a_note_is_escaped() -> None:
    shown = texts(conversation(ASKED, AssistantMessage(note="<img src=x onerror=alert(1)> & co")))
    assert shown[1] == '<span class="note">&lt;img src=x onerror=alert(1)&gt; &amp; co</span>'


def test_a_call_without_a_result_yet_is_waiting() -> None:
    shown = conversation(ASKED, CALLED)
    assert title(shown) == "calculate · waiting"
    assert bubbles(shown)[1]["metadata"]["status"] == "pending"


def test_a_call_with_a_result_is_done_and_shows_it_with_its_time() -> None:
    shown = conversation(ASKED, CALLED, answered("4", seconds=0.25))
    assert title(shown) == "calculate · done"
    assert bubbles(shown)[1]["metadata"]["status"] == "done"
    assert bubbles(shown)[1]["metadata"]["duration"] == 0.25
    assert texts(shown)[1].endswith("**Result**\n```text\n4\n```")


def test_a_result_that_a_person_gave_shows_no_time() -> None:
    assert "duration" not in bubbles(conversation(ASKED, CALLED, answered("4")))[1]["metadata"]


def test_a_call_with_an_error_has_failed() -> None:
    shown = conversation(ASKED, CALLED, answered("Division by zero.", is_error=True))
    assert title(shown) == "calculate · failed"
    assert "**Error**\n```text\nDivision by zero.\n```" in texts(shown)[1]


def test_a_call_that_the_conversation_left_behind_is_not_answered() -> None:
    shown = conversation(ASKED, CALLED, UserMessage((Text("Never mind."),)))
    assert title(shown) == "calculate · not answered"
    assert bubbles(shown)[1]["metadata"]["status"] == "done"


def test_a_result_has_no_bubble_of_its_own() -> None:
    assert len(bubbles(conversation(ASKED, CALLED, answered("4"), AssistantMessage("Four.")))) == 3


def test_arguments_that_are_no_json_are_shown_as_they_are() -> None:
    broken = AssistantMessage(tool_calls=(ToolCall("abcdefghi", "calculate", '{"expression": "2+'),))
    assert '```json\n{"expression": "2+\n```' in texts(conversation(ASKED, broken))[1]


@pytest.mark.parametrize("ticks", ["```", "````", "`" * 9])
def test_a_result_cannot_end_its_fence(ticks: str) -> None:
    output = f"{ticks}\n<script>alert(1)</script>\n{ticks}"
    fence, *inside, end = texts(conversation(ASKED, CALLED, answered(output)))[1].split("**Result**\n")[1].split("\n")
    assert fence == end + "text"
    assert "\n".join(inside) == output
    assert set(end) == {"`"}
    assert len(end) > len(ticks)


def test_arguments_cannot_end_their_fence() -> None:
    call = ToolCall("abcdefghi", "calculate", "```\n# Heading")
    body = texts(conversation(ASKED, AssistantMessage(tool_calls=(call,))))[1]
    assert body == "**Arguments**\n````json\n```\n# Heading\n````"


def test_each_bubble_leads_back_to_its_message() -> None:
    shown = conversation(
        ASKED,
        AssistantMessage("I count.", (CALL,)),
        answered("4"),
        AssistantMessage("Four."),
        UserMessage((Text("x"),)),
    )
    assert [message_index(shown, i) for i in range(len(bubbles(shown)))] == [0, 1, 1, 3, 4]


def test_a_bubble_that_is_not_there_leads_nowhere() -> None:
    with pytest.raises(IndexError):
        message_index(conversation(ASKED), 1)


def test_edited_text_comes_as_a_string_or_as_content() -> None:
    content = [{"type": "file", "file": {"path": "a.png"}}, {"type": "text", "text": "new"}]
    assert edited_text("new") == "new"
    assert edited_text(content) == "new"
    assert edited_text(content[1]) == "new"
    assert edited_text([]) == ""


def test_the_stats_say_why_the_answer_ended_and_what_it_took() -> None:
    stats = Finished("tool_calls", Usage(1234, 6, 20, 0.5, 12.34))
    assert stats_line(conversation(ASKED, AssistantMessage("Four.", stats=stats))) == (
        "ended: tool calls · 1,234 tokens read (6 for pictures) · 20 written · first token after 0.50 s · 12.3 tokens/s"
    )


def test_without_an_answer_there_are_no_stats() -> None:
    assert stats_line(conversation(ASKED)) == ""
