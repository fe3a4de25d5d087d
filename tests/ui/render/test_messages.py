"""What the chatbot shows of a conversation."""

import html
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
from ui.render.markdown import typed
from ui.render.messages import Rendering, edited_text, message_index, render_messages
from ui.render.tool_calls import render_tool_calls

ASKED = UserMessage((Text("What is 2+2?"),))
CALL = ToolCall("abcdefghi", "calculate", '{"expression":"2+2"}')
CALLED = AssistantMessage(tool_calls=(CALL,))


def conversation(*messages: Message) -> Conversation:
    return Conversation(messages)


def answered(output: str) -> ToolMessage:
    return ToolMessage(ToolResult(CALL.id, output))


def texts(shown: Conversation) -> list[str]:
    return [bubble["content"][0]["text"] for bubble in render_messages(shown)]


def test_an_empty_conversation_shows_nothing() -> None:
    assert render_messages(Conversation()) == []


def test_a_persons_message_shows_its_pictures_and_text_in_order() -> None:
    (bubble,) = render_messages(conversation(UserMessage((Image("/store/a.png", 56, 56), Text("Look")))))
    picture, text = bubble["content"]
    assert bubble["role"] == "user"
    assert picture["file"]["path"] == "/store/a.png"
    assert picture["file"]["url"] == "gradio_api/file=/store/a.png"
    assert text["text"] == typed("Look")


def test_an_answer_shows_its_text() -> None:
    shown = render_messages(conversation(ASKED, AssistantMessage("Four.")))
    assert shown[1]["role"] == "assistant"
    assert shown[1]["metadata"] is None
    assert shown[1]["content"] == [{"type": "text", "text": "Four."}]


def test_an_answer_without_anything_shows_no_bubble() -> None:
    assert len(render_messages(conversation(ASKED, AssistantMessage()))) == 1


def test_an_answer_with_text_a_call_and_a_note_shows_three_bubbles_in_this_order() -> None:
    shown = texts(conversation(ASKED, AssistantMessage("I count.", (CALL,), note="Stopped.")))
    assert shown[1] == "I count."
    assert shown[2] == render_tool_calls((CALL,), {}, {CALL.id})
    assert shown[3] == '<div class="foot"><span class="note">Stopped.</span></div>'


@pytest.mark.parametrize(
    ("rest", "is_open"),
    [
        ({}, True),
        ({"stats": Finished("length")}, True),
        ({"text": "Four."}, False),
        ({"tool_calls": (CALL,)}, False),
    ],
)
def test_a_thought_stands_above_the_answer_and_is_folded_once_there_is_one(rest: dict[str, Any], is_open: bool) -> None:
    shown = conversation(ASKED, AssistantMessage(thought="\n2 and 2…\n", **rest))
    thought, *others = texts(shown)[1:]
    assert thought.endswith("</details>")
    assert thought.startswith('<details class="thought" open>') is is_open
    assert ">2 and 2…<" in thought
    assert len(others) == len(rest)
    assert message_index(shown, ConversationTree(), 1) == 1


def test_no_sign_in_a_thought_is_read_as_html_or_markdown() -> None:
    written = "a\n\n# b\r\n- *c* $d$ <img src=//x.example/> </details>\t`e` ![f](//x.example/g) &lt; é…"
    (thought,) = texts(conversation(ASKED, AssistantMessage(thought=written)))[1:]
    inner = thought.split("<p>")[1].removesuffix("</p></details>")
    assert html.unescape(inner) == written
    assert not set(inner.replace("&#", "").replace(";", "")) & set("\n\r\t#*$<>/`![]()&_-")


def test_parallel_calls_share_one_bubble_with_their_results() -> None:
    calls = (CALL, ToolCall("zzzzzzzzz", "current_time", "{}"))
    shown = texts(conversation(ASKED, AssistantMessage(tool_calls=calls), answered("4")))
    assert shown[1:] == [render_tool_calls(calls, {CALL.id: ToolResult(CALL.id, "4")}, {"zzzzzzzzz"})]


def test_a_call_that_the_conversation_left_behind_does_not_wait_any_more() -> None:
    shown = conversation(ASKED, CALLED, UserMessage((Text("Never mind."),)))
    assert texts(shown)[1] == render_tool_calls((CALL,), {}, set()) != render_tool_calls((CALL,), {}, {CALL.id})


def test_a_result_has_no_bubble_of_its_own() -> None:
    assert len(render_messages(conversation(ASKED, CALLED, answered("4"), AssistantMessage("Four.")))) == 3


def test_the_foot_of_an_answer_knows_its_alternatives() -> None:
    first, second = (conversation(ASKED, AssistantMessage(text, stats=Finished("stop"))) for text in ("One.", "Two."))
    history = ConversationTree().with_branch(first).with_branch(second)
    assert "answer 2/2" in render_messages(second, history)[-1]["content"][0]["text"]
    assert "answer 1/2" in render_messages(first, history.switch_branch(1, -1))[-1]["content"][0]["text"]
    assert "answer 2" not in render_messages(second)[-1]["content"][0]["text"]


def test_each_bubble_leads_back_to_its_message() -> None:
    shown = conversation(
        ASKED,
        AssistantMessage("I count.", (CALL,)),
        answered("4"),
        AssistantMessage("Four.", stats=Finished("stop")),
        UserMessage((Text("x"),)),
    )
    assert [message_index(shown, ConversationTree(), i) for i in range(len(render_messages(shown)))] == [
        0,
        1,
        1,
        3,
        3,
        4,
    ]


def test_a_bubble_after_a_foot_that_holds_a_pager_alone_leads_back_to_its_message() -> None:
    shown = conversation(ASKED, AssistantMessage("Four."), UserMessage((Text("Sure?"),)))
    history = ConversationTree().with_branch(conversation(ASKED, AssistantMessage("Five."))).with_branch(shown)
    assert [message_index(shown, history, i) for i in range(len(render_messages(shown, history)))] == [0, 1, 1, 2]


def test_a_bubble_that_is_not_there_leads_nowhere() -> None:
    with pytest.raises(IndexError):
        message_index(conversation(ASKED), ConversationTree(), 1)


def test_what_is_rendered_again_and_again_is_what_is_rendered_once() -> None:
    chance, rendering, history = Random(7), Rendering(), ConversationTree()
    second = ToolCall("zzzzzzzzz", "current_time", "{}")
    for step in range(400):
        shown = history.conversation.messages
        change = chance.choice(["ask", "write", "write", "call", "result", "turn", "edit", "back", "elsewhere"])
        if change == "ask":
            history = history.with_branch(Conversation((*shown, UserMessage((Text(f"question {step}"),)))))
        elif change == "write" and shown:
            ending = chance.choice([None, Finished("stop"), Finished("length")])
            history = history.with_answer(
                history.leaf, [AssistantMessage(f"answer {step}", stats=ending)], [str(step)], None
            )
        elif change == "call":
            calls = tuple(replace(call, id=f"{call.id[:4]}{step:05}") for call in (CALL, second))
            history = history.with_branch(Conversation((*shown, AssistantMessage(tool_calls=calls))))
        elif change == "result" and (waiting := history.conversation.open_calls):
            result = ToolMessage(ToolResult(waiting[0].id, str(step)))
            history = history.with_branch(Conversation((*shown, result)))
        elif change == "turn" and shown:
            history = history.switch_branch(chance.randrange(len(shown)), 1)
        elif change == "edit" and shown:
            at = chance.randrange(len(shown))
            history = history.with_branch(Conversation((*shown[:at], UserMessage((Text(f"edited {step}"),)))))
        elif change == "back":
            history = replace(history, leaf=chance.choice([None, *history.nodes]))
        elif change == "elsewhere":  # another tab of this conversation added to it
            node = Node(f"other{step}", chance.choice([None, *history.nodes]), ASKED)
            history = history.joined(ConversationTree({node.id: node}))
        assert rendering.messages(history.conversation, history) == render_messages(history.conversation, history)


def test_while_an_answer_comes_what_stands_before_it_is_not_rendered_again() -> None:
    before = [
        UserMessage((Text("one"),)),
        AssistantMessage("two", stats=Finished("stop")),
        UserMessage((Text("three"),)),
    ]
    asked = ConversationTree().with_branch(Conversation(tuple(before)))
    rendering, made = Rendering(), list[list[dict[str, Any]]]()
    for text in ("f", "fo", "fou", "four"):
        history = asked.with_answer(asked.leaf, [AssistantMessage(text)], ["new"], None)
        made.append(rendering.messages(history.conversation, history))
    assert all(now is then for then, now in zip(made[0][:-1], made[-1][:-1], strict=True))
    assert made[-1][-1]["content"][0]["text"] == "four"


def test_edited_text_comes_as_a_string_or_as_content() -> None:
    content = [{"type": "file", "file": {"path": "a.png"}}, {"type": "text", "text": "new"}]
    assert edited_text("new") == "new"
    assert edited_text(content) == "new"
    assert edited_text(content[1]) == "new"
    assert edited_text([]) == ""
