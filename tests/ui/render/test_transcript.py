"""What the page draws of a conversation."""

import html
import re
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    Image,
    Message,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.tree import ConversationTree, Node
from tests.support.transcript import drawn
from ui.render.answer.blocks import blocks
from ui.render.approval import Asked, render_approval
from ui.render.thoughts import thought_block
from ui.render.tool_calls import Round, render_round
from ui.render.transcript import Transcript, whole

ASKED = UserMessage((Text("What is 2+2?"),))
CALL = ToolCall("abcdefghi", "calculate", '{"expression":"2+2"}')
CALLED = AssistantMessage(tool_calls=(CALL,))


def conversation(*messages: Message) -> Conversation:
    return Conversation(messages)


def answered(output: str) -> ToolMessage:
    return ToolMessage(ToolResult(CALL.id, output))


def shown(said: Conversation, history: ConversationTree | None = None) -> list[list[str]]:
    """The blocks of each entry, without the row of buttons."""
    return [list(blocks[:-1]) for _, _, blocks in whole(said, history)["entries"]]


def rows(said: Conversation, history: ConversationTree | None = None) -> list[str]:
    """The row of each entry."""
    return [blocks[-1] for _, _, blocks in whole(said, history)["entries"]]


def test_an_empty_conversation_shows_nothing() -> None:
    assert whole(Conversation()) == {"start": 0, "after": "", "entries": []}


def test_a_persons_message_shows_its_pictures_above_its_text_as_it_was_typed() -> None:
    message = UserMessage((Text("Look <b>"), Image("/store/a.png", 56, 42), Text("*here*")))
    pictures, text = shown(conversation(message))[0]
    assert 'src="gradio_api/file=/store/a.png"' in pictures
    assert 'width="56" height="42"' in pictures
    assert text == '<div class="typed" dir="auto">Look &lt;b&gt;\n\n*here*</div>'


def test_an_answer_shows_its_text_block_by_block() -> None:
    assert shown(conversation(ASKED, AssistantMessage("# Four\n\nIndeed.")))[1] == [
        '<h1 dir="auto">Four</h1>\n',
        '<p dir="auto">Indeed.</p>\n',
    ]


def test_an_answer_with_thought_text_and_a_call_shows_them_in_this_order() -> None:
    answer = AssistantMessage("I count.", (CALL,), thought=" Let me see. ")
    thought, text, calls = shown(conversation(ASKED, answer))[1]
    assert thought == thought_block(blocks("Let me see."), False)
    assert "I count." in text
    assert calls == render_round(Round((CALL,), {}, frozenset((CALL.id,)), True, 1))


@pytest.mark.parametrize(
    ("rest", "is_open"),
    [({}, True), ({"stats": Finished("length")}, True), ({"text": "4"}, False), ({"tool_calls": (CALL,)}, False)],
)
def test_a_thought_is_folded_once_there_is_an_answer(rest: dict[str, Any], is_open: bool) -> None:
    thought = shown(conversation(ASKED, AssistantMessage(thought="2 and 2", **rest)))[1][0]
    assert (" open>" in thought) is is_open


def test_no_sign_in_a_thought_is_read_as_html() -> None:
    written = "a\n\n# b\r\n- *c* <img src=//x.example/> </details>\t&lt; é…"
    thought = shown(conversation(ASKED, AssistantMessage(thought=written)))[1][0]
    assert "<img" not in thought
    assert thought.count("</details>") == 1
    assert "c <img src=//x.example/> </details>\t< é…" in html.unescape(re.sub("</?em>", "", thought))


def test_parallel_calls_stand_together_with_their_results_in_one_entry() -> None:
    calls = (CALL, ToolCall("zzzzzzzzz", "current_time", "{}"))
    found = shown(conversation(ASKED, AssistantMessage(tool_calls=calls), answered("4")))
    result = {CALL.id: ToolResult(CALL.id, "4")}
    assert found[1:] == [[render_round(Round(calls, result, frozenset(("zzzzzzzzz",)), True, 1))]]


def test_a_call_that_the_conversation_left_behind_does_not_wait_any_more() -> None:
    found = shown(conversation(ASKED, CALLED, UserMessage((Text("Never mind."),))))
    assert found[1] == [render_round(Round((CALL,), {}, index=1))]
    assert "skipped" in found[1][0]


def test_a_call_that_waits_has_its_card_below_what_is_done_and_one_at_a_time() -> None:
    calls = tuple(replace(CALL, id=letter * 9) for letter in "abc")
    said = conversation(
        ASKED, AssistantMessage(tool_calls=calls, stats=Finished("tool_calls")),
        ToolMessage(ToolResult("a" * 9, "4")),
    )  # fmt: skip
    asks = whole(said, None, lambda call: Asked(True, call.arguments))["entries"][1][2]
    done, card, _ = asks
    assert done == render_round(Round(calls[:1], {"a" * 9: ToolResult("a" * 9, "4")}, index=1))
    assert card == render_approval(calls[1], Asked(True, CALL.arguments), (2, 3))
    assert 'class="ask"' not in str(whole(said)["entries"])  # an answer is being written


def test_the_buttons_stand_at_the_end_of_a_turn_and_not_under_each_of_its_rounds() -> None:
    round_ = replace(CALLED, stats=Finished("tool_calls"))
    last = AssistantMessage("Four.", stats=Finished("stop"))
    _, between, end = rows(conversation(ASKED, round_, answered("4"), last))
    assert between == ""
    assert 'value="retry 3"' in end
    assert 'value="inspect 1"' in shown(conversation(ASKED, round_, answered("4"), last))[1][0]


def test_the_row_under_a_message_knows_its_alternatives() -> None:
    first, second = (conversation(ASKED, AssistantMessage(text, stats=Finished("stop"))) for text in ("One.", "Two."))
    history = ConversationTree().with_branch(first).with_branch(second)
    assert " 2 / 2 " in rows(second, history)[1]
    assert " 1 / 2 " in rows(first, history.switch_branch(1, -1))[1]
    assert "pager" not in rows(second, history)[0]
    edited = history.with_branch(conversation(UserMessage((Text("Why?"),))))
    assert " 2 / 2 " in rows(edited.conversation, edited)[0]


def test_an_entry_keeps_its_key_while_its_message_grows_and_no_other_has_it() -> None:
    asked = ConversationTree().with_branch(conversation(ASKED))
    keys = set()
    for text in ("f", "fo", "fou"):
        history = asked.with_answer(asked.leaf, [AssistantMessage(text)], ["new"], None)
        keys.add(tuple(key for key, *_ in whole(history.conversation, history)["entries"]))
    assert keys == {(asked.leaf, "new")}


def test_what_is_made_again_and_again_is_what_is_made_once() -> None:
    chance, transcript, history = Random(7), Transcript(), ConversationTree()
    page: list[Any] = []
    second = ToolCall("zzzzzzzzz", "current_time", "{}")
    for step in range(400):
        said = history.conversation.messages
        change = chance.choice(["ask", "write", "write", "call", "result", "turn", "edit", "back", "elsewhere"])
        if change == "ask":
            history = history.with_branch(Conversation((*said, UserMessage((Text(f"question {step}"),)))))
        elif change == "write" and said:
            ending = chance.choice([None, Finished("stop"), Finished("length")])
            history = history.with_answer(
                history.leaf, [AssistantMessage(f"answer {step}", stats=ending)], [str(step)], None
            )
        elif change == "call":
            calls = tuple(replace(call, id=f"{call.id[:4]}{step:05}") for call in (CALL, second))
            history = history.with_branch(Conversation((*said, AssistantMessage(tool_calls=calls))))
        elif change == "result" and (waiting := history.conversation.open_calls):
            result = ToolMessage(ToolResult(waiting[0].id, str(step)))
            history = history.with_branch(Conversation((*said, result)))
        elif change == "turn" and said:
            history = history.switch_branch(chance.randrange(len(said)), 1)
        elif change == "edit" and said:
            at = chance.randrange(len(said))
            history = history.with_branch(Conversation((*said[:at], UserMessage((Text(f"edited {step}"),)))))
        elif change == "back":
            history = replace(history, leaf=chance.choice([None, *history.nodes]))
        elif change == "elsewhere":  # another tab of this conversation added to it
            node = Node(f"other{step}", chance.choice([None, *history.nodes]), ASKED)
            history = history.joined(ConversationTree({node.id: node}))
        page = drawn(page, transcript.whole(history.conversation, history))
        assert page == whole(history.conversation, history)["entries"]


def test_while_an_answer_comes_a_page_is_given_that_alone_and_shows_the_same() -> None:
    before = conversation(ASKED, AssistantMessage("Four.", stats=Finished("stop")), UserMessage((Text("Sure?"),)))
    asked, transcript = ConversationTree().with_branch(before), Transcript()
    page = drawn([], whole(before, asked))
    for end in range(1, 40):
        text = ("# Yes\n\n- one\n- two\n\n" + "Indeed. " * 10)[:end]
        history = asked.with_answer(asked.leaf, [AssistantMessage(text)], ["new"], None)
        given = transcript.tail(history.conversation, history)
        assert (given["start"], len(given["entries"])) == (3, 1)
        page = drawn(page, given)
        assert [key for key, *_ in page] == [*asked.path, "new"]
    assert page == whole(history.conversation, history)["entries"]


def test_a_page_that_shows_other_entries_takes_none_that_go_on_from_these() -> None:
    asked = ConversationTree().with_branch(conversation(ASKED))
    history = asked.with_answer(asked.leaf, [AssistantMessage("Four.")], ["new"], None)
    given = Transcript().tail(history.conversation, history)
    assert drawn([], given) == []
    other = whole(conversation(ASKED))["entries"]
    assert drawn(other, given) == other
