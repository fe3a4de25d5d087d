"""The line under an answer."""

import re

import pytest

from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    FinishReason,
    Message,
    Text,
    ToolCall,
    Usage,
    UserMessage,
)
from backend.chat.tree import ConversationTree
from ui.render.message_footer import message_footer, stats_line

ASKED = UserMessage((Text("Q"),))
CALL = ToolCall("abcdefghi", "look", "{}")


def answer(text: str = "A", reason: FinishReason = "stop", calls: tuple[ToolCall, ...] = ()) -> AssistantMessage:
    return AssistantMessage(text, calls, Finished(reason))


def said(*messages: Message) -> Conversation:
    return Conversation(messages)


def shown(conversation: Conversation, index: int = 1, *before: Conversation) -> str:
    """The foot in a tree that had other branches before."""
    history = ConversationTree()
    for branch in (*before, conversation):
        history = history.with_branch(branch)
    return message_footer(conversation, history, index)


def test_an_answer_with_nothing_to_say_of_it_has_no_foot() -> None:
    assert shown(said(ASKED, AssistantMessage("A"))) == ""


def test_a_note_is_escaped() -> None:
    noted = said(ASKED, AssistantMessage(note="<img src=x onerror=alert(1)> & co"))
    assert shown(noted) == (
        '<div class="foot"><span class="note">&lt;img src=x onerror=alert(1)&gt; &amp; co</span></div>'
    )


@pytest.mark.parametrize(
    ("stats", "line"),
    [
        (Finished("stop"), "ended by itself"),
        (Finished("cancelled", Usage(7, 0, 0)), "stopped · 7 tokens read · 0 written"),
        (
            Finished("tool_calls", Usage(1234, 1006, 2000, 0.5, 12.34, 100)),
            "called tools · 1,234 tokens read (1,006 pictures, 100 reused) · 2,000 written · first token 0.50 s · "
            "12.3 tokens/s",
        ),
        (
            Finished("length", Usage(7, 0, 5, reused_tokens=3)),
            "cut off at the limit · 7 tokens read (3 reused) · 5 written",
        ),
    ],
)
def test_the_stats_say_why_the_answer_ended_and_what_it_took(stats: Finished, line: str) -> None:
    assert stats_line(stats) == line
    assert f'<span class="stats">{line}</span>' in shown(said(ASKED, AssistantMessage("A", stats=stats)))


def test_that_an_answer_was_stopped_is_said_once() -> None:
    stopped = shown(said(ASKED, AssistantMessage("A", stats=Finished("cancelled"), note="Stopped.")))
    assert re.sub(r"<button.*", "", stopped) == '<div class="foot"><span class="note">Stopped.</span>'
    read = AssistantMessage("A", stats=Finished("cancelled", Usage(7, 0, 0)), note="Stopped.")
    assert '<span class="stats">7 tokens read · 0 written</span>' in shown(said(ASKED, read))


@pytest.mark.parametrize(
    ("reason", "calls", "text", "can_go_on"),
    [
        ("length", (), "A", True),
        ("cancelled", (), "A", True),
        ("time", (), "A", True),
        ("loop", (), "A", False),
        ("stop", (), "A", False),
        ("length", (), "", False),
        ("length", (CALL,), "A", False),
    ],
)
def test_only_an_answer_that_broke_off_can_be_continued(
    reason: FinishReason, calls: tuple[ToolCall, ...], text: str, can_go_on: bool
) -> None:
    broken = said(ASKED, answer(text, reason, calls))
    assert ('value="continue 1"' in shown(broken)) == can_go_on
    assert 'value="continue 1"' not in shown(broken.add(ASKED))


@pytest.mark.parametrize(("text", "note", "can_go_on"), [("A", "Lost.", True), ("", "Lost.", False), ("A", "", False)])
def test_an_answer_that_failed_on_its_way_can_be_continued(text: str, note: str, can_go_on: bool) -> None:
    assert ('value="continue 1"' in shown(said(ASKED, AssistantMessage(text, note=note)))) == can_go_on


def test_an_answer_can_be_inspected_at_its_place() -> None:
    assert 'value="inspect 3"' in shown(said(ASKED, answer(), ASKED, answer()), 3)


def test_the_question_can_be_edited_under_its_first_answer() -> None:
    branch = said(ASKED, answer("", "tool_calls", (CALL,)), answer())
    assert 'value="edit 0"' in shown(branch, 1)
    assert "edit" not in shown(branch, 2)


def test_without_alternatives_there_is_nothing_to_page_through() -> None:
    assert "pager" not in shown(said(ASKED, answer(), ASKED, answer()), 3)


def test_alternatives_of_the_question_and_of_the_answer_each_have_a_pager() -> None:
    other = UserMessage((Text("R"),))
    before = (said(ASKED, answer()), said(other, answer("B")), said(other, answer("C")))
    line = shown(said(other, answer("D")), 1, *before)
    assert "question 2/2" in line
    assert "answer 3/3" in line
    for command in ("turn 0 -1", "turn 0 1", "turn 1 -1", "turn 1 1"):
        assert f'value="{command}"' in line


def test_the_pager_of_the_question_stands_under_its_first_answer_only() -> None:
    tools = (answer("", "tool_calls", (CALL,)), answer("B"))
    branch = said(UserMessage((Text("R"),)), *tools)
    assert "question 2/2" in shown(branch, 1, said(ASKED, answer()))
    assert "question" not in shown(branch, 2, said(ASKED, answer()))


def test_an_answer_that_is_still_being_written_is_not_counted_among_the_others() -> None:
    history = (
        ConversationTree()
        .with_branch(said(ASKED, answer("A")))
        .with_branch(said(ASKED, answer("B")))
        .with_branch(said(ASKED))
    )
    assert "pager" not in message_footer(said(ASKED, answer("C")), history, 1)


def test_a_failed_answer_does_not_lock_away_the_ones_before_it() -> None:
    assert "answer 2/2" in shown(said(ASKED, AssistantMessage(note="It failed.")), 1, said(ASKED, answer()))
