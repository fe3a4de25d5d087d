"""The row under a message."""

import re
from dataclasses import replace

import pytest

from backend.chat.context import ContextPolicy
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    FinishReason,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    Usage,
    UserMessage,
)
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree
from ui.render import transcript
from ui.render.entry_actions import answer_actions, details, question_actions, speed, waiting

ASKED = UserMessage((Text("Q"),))
CALL = ToolCall("abcdefghi", "look", "{}")
REQUEST = ChatRequest()


def answer(text: str = "A", reason: FinishReason = "stop", calls: tuple[ToolCall, ...] = ()) -> AssistantMessage:
    return AssistantMessage(text, calls, Finished(reason))


def said(*messages: Message) -> Conversation:
    return Conversation(messages)


def row(conversation: Conversation, index: int = 1) -> str:
    return answer_actions(conversation, written_here(conversation), index)


def written_here(conversation: Conversation, asked: ChatRequest | None = REQUEST) -> ConversationTree:
    """The tree in which each answer came from this request."""
    history = ConversationTree().with_branch(conversation)
    nodes = {
        id: replace(node, asked=asked) if isinstance(node.message, AssistantMessage) else node
        for id, node in history.nodes.items()
    }
    return replace(history, nodes=nodes)


def commands(row: str) -> list[str]:
    return re.findall(r'value="([a-z]+ \d[^"]*)"', row)


def test_an_answer_of_which_nothing_else_is_known_as_from_a_file_has_the_row_of_others() -> None:
    assert commands(row(said(ASKED, AssistantMessage("A")))) == commands(row(said(ASKED, answer())))


def test_what_an_answer_waits_for_is_no_fault_of_it() -> None:
    assert waiting(AssistantMessage(note="Reading… 40% <b>")) == '<p class="waiting">Reading… 40% &lt;b&gt;</p>'
    assert waiting(AssistantMessage("A")) == waiting(answer()) == ""


def test_the_last_answer_can_be_copied_made_anew_edited_looked_into_and_taken_back() -> None:
    assert commands(row(said(ASKED, answer()))) == [
        "copy 1", "retry 1", "edit 1", "inspect 1", "sureness 1", "compare 1", "code 1", "example 1", "undo 1",
    ]  # fmt: skip


def test_an_earlier_answer_can_be_copied_edited_and_looked_into() -> None:
    done = commands(row(said(ASKED, answer(), ASKED, answer())))
    assert done == ["copy 1", "edit 1", "inspect 1", "sureness 1", "compare 1", "code 1", "example 1"]


def test_an_answer_that_was_imported_or_edited_came_from_no_prompt_that_could_be_viewed() -> None:
    talk = said(ASKED, answer("", "tool_calls", (CALL,)), ToolMessage(ToolResult(CALL.id, "4")), answer())
    shown = transcript.shown(talk, written_here(talk))
    assert ("inspect 1" in shown, "inspect 3" in shown) == (True, True)
    assert "inspect" not in transcript.shown(talk, ConversationTree().with_branch(talk))


def test_calls_alone_are_no_text_to_copy_or_edit() -> None:
    assert commands(row(said(ASKED, answer("", "tool_calls", (CALL,))))) == [
        "retry 1", "inspect 1", "compare 1", "code 1", "undo 1",
    ]  # fmt: skip


def test_a_turn_of_several_rounds_has_one_row_with_the_alternatives_of_all() -> None:
    rounds = [answer("Let me see.", "tool_calls", (CALL,)), ToolMessage(ToolResult(CALL.id, "4")), answer("It is 4.")]
    first, second = said(ASKED, *rounds), said(ASKED, answer("Other.", "tool_calls", (CALL,)), *rounds[1:])
    history = ConversationTree().with_branch(first).with_branch(second)
    assert answer_actions(second, history, 1) == ""
    shown = answer_actions(second, history, 3)
    assert commands(shown)[:4] == ["copy 3", "retry 3", "turn 1 -1", "turn 1 1"]
    assert " 2 / 2 " in shown


def test_calls_after_which_nothing_came_have_the_row() -> None:
    shown = row(said(ASKED, answer("", "tool_calls", (CALL,)), ToolMessage(ToolResult(CALL.id, "4"))))
    assert commands(shown)[0] == "retry 1"


def test_what_an_answer_without_a_question_cannot_do_is_not_offered() -> None:
    assert commands(row(said(answer()), 0)) == ["copy 0", "retry 0", "edit 0", "inspect 0", "sureness 0"]


def test_an_answer_that_was_stopped_before_its_first_word_can_be_tried_again() -> None:
    assert commands(row(said(ASKED, answer("", "cancelled"))))[0] == "retry 1"
    empty = AssistantMessage(stats=Finished("stop"), note="The model returned no answer.")
    assert commands(row(said(ASKED, empty)))[0] == "retry 1"


def test_a_question_can_be_copied_and_edited() -> None:
    asked = said(ASKED)
    assert commands(question_actions(asked, ConversationTree().with_branch(asked), 0)) == ["copy 0", "edit 0"]


@pytest.mark.parametrize("reason", ["stop", "tool_calls"])
def test_of_what_ended_as_usual_nothing_is_said(reason: FinishReason) -> None:
    assert "ending" not in row(said(ASKED, answer("A", reason)))


@pytest.mark.parametrize(
    ("reason", "sentence", "goes_on"),
    [
        ("length", "Reached the length limit.", True),
        ("cancelled", "Stopped.", True),
        ("time", "Reached the time limit.", True),
        ("loop", "Stopped because the model was repeating itself.", False),
    ],
)
def test_what_ended_otherwise_says_so_once_with_what_can_be_done(
    reason: FinishReason, sentence: str, goes_on: bool
) -> None:
    shown = row(said(ASKED, answer("A", reason)))
    assert shown.count(sentence) == 1
    assert ("continue 1" in commands(shown)) is goes_on


def test_an_answer_that_failed_can_be_tried_again_and_gone_on_with() -> None:
    shown = row(said(ASKED, AssistantMessage("A", note="The connection was lost.")))
    assert '<p class="ending failed"><span>The connection was lost.</span>' in shown
    assert commands(shown)[:2] == ["retry 1", "continue 1"]
    assert commands(row(said(ASKED, AssistantMessage(note="Busy."))))[:1] == ["retry 1"]


IMAGE = UserMessage((Text("Q"), Image("/store/a.png", 64, 64)))
LONG = ["shorten 3 pictures", "shorten 3 turns"]


@pytest.mark.parametrize(
    ("first", "keep", "offered"),
    [
        (IMAGE, "all", LONG),
        (ASKED, "all", LONG[1:]),
        (IMAGE, "no earlier pictures", LONG[1:]),
        (IMAGE, "last turn", []),
    ],
)
@pytest.mark.parametrize("text", ["A", ""])
def test_where_the_model_has_no_room_for_more_what_helps_is_offered_and_nothing_else(
    first: UserMessage, keep: ContextPolicy, offered: list[str], text: str
) -> None:
    """To go on, or to ask the same again, would fail at once; unless it was a limit of the server's own."""
    full = replace(answer(text, "full"), note="No room.")
    talk = said(first, answer(), ASKED, full)
    history = written_here(talk, ChatRequest(keep=keep))
    ending = answer_actions(talk, history, 3).partition("</p>")[0]
    goes_on = bool(text)
    assert commands(ending) == (offered or ["continue 3"] * goes_on)
    assert commands(row(said(first, full)).partition("</p>")[0]) == ["continue 1"] * goes_on  # there is nothing earlier


def test_only_the_last_answer_can_be_gone_on_with() -> None:
    assert "continue 1" not in commands(row(said(ASKED, answer("A", "length"), ASKED)))


def test_an_answer_that_was_cut_within_its_thought_can_be_gone_on_with() -> None:
    cut = AssistantMessage(thought="2 and", stats=Finished("length"))
    assert "continue 1" in commands(row(said(ASKED, cut)))
    assert "continue 1" not in commands(row(said(ASKED, replace(cut, stats=Finished("loop")))))


def test_a_note_is_no_html() -> None:
    assert "&lt;img src=x&gt; &amp; co" in row(said(ASKED, AssistantMessage(note="<img src=x> & co")))


@pytest.mark.parametrize(
    ("usage", "shown", "told"),
    [
        (None, "", "The server gave no figures."),
        (Usage(7, 0, 0), "0 tokens", "7 prompt tokens · 0 generated"),
        (
            Usage(1234, 1006, 2000, 0.5, 12.34, 100),
            "2,000 tokens · 12/s",
            "1,234 prompt tokens (1,006 image, 100 cached) · 2,000 generated · first token in 0.50 s",
        ),
        (
            Usage(7, 0, 1500, thought_tokens=1340),
            "1,500 tokens (1,340 thinking)",
            "7 prompt tokens · 1,500 generated (1,340 thinking)",
        ),
    ],
)
def test_what_an_answer_took_is_told_in_short_and_in_full(usage: Usage | None, shown: str, told: str) -> None:
    stats = Finished("stop", usage)
    assert (speed(stats), details(stats)) == (shown, told)
