"""Two answers side by side."""

import json
import re
from dataclasses import replace

from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.parts import Text
from ui.render.views.comparison import Side, render_head, render_question

ASKED = UserMessage((Text("What is <b>2+2</b>?"),))
CALLED = AssistantMessage(tool_calls=(ToolCall("abcdefghi", "my_calculator", '{"expression": "2+2"}'),))
RESULT = ToolMessage(ToolResult("abcdefghi", "4"))


def said(*messages: Message) -> Conversation:
    return Conversation((ASKED, AssistantMessage("Hi."), ASKED, *messages))


def test_of_each_side_what_came_to_the_question_is_shown_with_nothing_to_press() -> None:
    ended = AssistantMessage("Four.", stats=Finished("length"))
    given = json.loads(Side().drawn(said(CALLED, RESULT, ended), False))
    assert [role for _, role, _ in given["entries"]] == ["assistant"] * 2
    assert "Calculator" in str(given["entries"][0])
    assert "Reached the length limit." in str(given["entries"][1])
    assert "<button" not in str(given)
    assert "Hi." not in str(given)


def test_an_answer_that_grows_shows_what_it_is_at_each_step() -> None:
    side, text = Side(), "# Yes\n\n- one\n- two\n\n" + "Indeed. " * 10
    for end in range(1, len(text)):
        now = said(CALLED, RESULT, AssistantMessage(text[:end]))
        assert side.drawn(now, True) == Side().drawn(now, True)
    done = said(CALLED, RESULT, replace(AssistantMessage(text), stats=Finished("stop")))
    assert side.drawn(done, False) == Side().drawn(done, False)
    assert side.drawn(done, False) is side.drawn(done, False)


def test_the_question_stands_above_as_it_was_typed_and_stop_is_there_while_they_are_written() -> None:
    assert "What is &lt;b&gt;2+2&lt;/b&gt;?" in render_question(ASKED)
    assert 'data-state="running"' in render_head("running")


def test_each_tab_says_which_side_it_shows() -> None:
    tabs = re.findall('role="tab".*?aria-controls="(.*?)">(.)<', render_head("done"))
    assert tabs == [("side-a", "A"), ("side-b", "B")]
