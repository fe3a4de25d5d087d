"""What the page draws of a conversation."""

import html
import json
import re
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from backend.chat.marks import composed
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
from backend.chat.parts import Image, Text, TextFile
from backend.chat.tree import ConversationTree, Node
from tests.support.transcript import drawn
from ui.render import transcript
from ui.render.answer.blocks import blocks
from ui.render.approval import Asked, render_approval
from ui.render.thoughts import thought_block
from ui.render.tool_calls import Round, render_round
from ui.render.transcript import Transcript

ASKED = UserMessage((Text("What is 2+2?"),))
CALL = ToolCall("abcdefghi", "calculate", '{"expression":"2+2"}')
SECOND = ToolCall("zzzzzzzzz", "current_time", "{}")
CALLED = AssistantMessage(tool_calls=(CALL,))


def conversation(*messages: Message) -> Conversation:
    return Conversation(messages)


def answered(output: str) -> ToolMessage:
    return ToolMessage(ToolResult(CALL.id, output))


def entries(said: Conversation, history: ConversationTree | None = None) -> list[Any]:
    """As a page has them that showed nothing."""
    return drawn([], transcript.shown(said, history)) or []


def texts(page: list[Any]) -> list[Any]:
    """What is shown but the rows, which tell of other tabs' branches once they are drawn anew."""
    return [(key, role, blocks[:-1]) for key, role, blocks in page]


def shown(said: Conversation, history: ConversationTree | None = None) -> list[list[str]]:
    """The blocks of each entry, without the row of buttons."""
    return [list(blocks[:-1]) for _, _, blocks in entries(said, history)]


def rows(said: Conversation, history: ConversationTree | None = None) -> list[str]:
    """The row of each entry."""
    return [blocks[-1] for _, _, blocks in entries(said, history)]


def test_an_empty_conversation_shows_nothing() -> None:
    assert drawn(entries(conversation(ASKED)), transcript.shown(Conversation())) == []


CAT, DOG = Image("/store/a.png", 56, 42), Image("/store/b.png", 10, 10, 'page 3 of <b>"a".pdf')


def test_a_persons_message_shows_its_pictures_where_they_stand_and_its_text_as_it_was_typed() -> None:
    message = UserMessage((CAT, Text("Look <b>"), Text("*here*"), DOG))
    first, text, second = shown(conversation(message))[0]
    assert 'src="gradio_api/file=/store/a.png"' in first
    assert 'width="56" height="42"' in first
    assert text == '<div class="typed" dir="auto">Look &lt;b&gt;\n\n*here*</div>'
    assert 'alt="Image 2, page 3 of &lt;b&gt;&quot;a&quot;.pdf"' in second
    assert ">page 3 of &lt;b&gt;&quot;a&quot;.pdf</span>" in second


def test_a_picture_that_was_placed_in_the_text_stands_there_with_its_number() -> None:
    (text,) = shown(conversation(UserMessage(composed("Is [2] like [1]?", (CAT, DOG)))))[0]
    words = re.sub(r"<(?!span class=.mark)[^>]*>|</span>", "", text.replace(html.escape(DOG.label, quote=True), ""))
    mark = '<span class="mark" aria-hidden="true">'
    assert words.replace(mark, "#") == "Is #2 like #1?"
    assert text.index("b.png") < text.index("a.png")


def test_an_example_says_that_it_is_one_and_can_be_removed_but_not_edited() -> None:
    example = f"example-{'a' * 16}-{'0' * 12}"
    said = conversation(UserMessage((Text("One?"),), example), AssistantMessage("1"), UserMessage((Text("Two?"),)))
    assert shown(said)[0][0] == '<p class="example">Example</p>'
    assert len(shown(said)[2]) == 1
    first, _, second = rows(said)
    assert (f'value="forget {example}"' in first, 'value="edit 0"' in first) == (True, False)
    assert 'value="edit 2"' in second


def test_a_file_is_folded_under_its_name_and_what_is_drawn_of_files_is_bounded() -> None:
    long = TextFile("b.csv", "<1>," * 50_000)
    files, text = shown(conversation(UserMessage((TextFile("<a>.md", "# <b>"), long, Text("Why?")))))[0]
    assert '<details class="file"><summary>&lt;a&gt;.md <small>5 characters</small></summary>' in files
    assert "# &lt;b&gt;" in files
    assert "[Cut here: it has 200,000 characters.]" in files
    assert len(html.unescape(files)) < 61_000
    assert "Why?" in text


def test_an_answer_shows_its_text_block_by_block() -> None:
    assert shown(conversation(ASKED, AssistantMessage("# Four\n\nIndeed.")))[1] == [
        '<h1 dir="auto">Four</h1>\n',
        '<p dir="auto">Indeed.</p>\n',
    ]


def test_an_answer_with_thought_text_and_a_call_shows_them_in_this_order() -> None:
    answer = AssistantMessage("I count.", (CALL,), thought=" Let me see. ")
    thought, text, calls = shown(conversation(ASKED, answer))[1]
    assert thought == thought_block(blocks("Let me see."), "Thought", False)
    assert "I count." in text
    assert calls == render_round(Round((CALL,), {}, frozenset((CALL.id,)), True))


@pytest.mark.parametrize(
    ("rest", "is_open"),
    [({}, True), ({"stats": Finished("length")}, True), ({"text": "4"}, False), ({"tool_calls": (CALL,)}, False)],
)
def test_a_thought_is_folded_once_there_is_an_answer(rest: dict[str, Any], is_open: bool) -> None:
    thought = shown(conversation(ASKED, AssistantMessage(thought="2 and 2", **rest)))[1][0]
    assert thought.startswith('<details class="thought" open>') is is_open


@pytest.mark.parametrize(
    ("seconds", "tokens", "told"),
    [
        (0.0, 0, "Thought"),
        (0.42, 0, "Thought for 0.4 s"),
        (12.3, 1340, "Thought for 12 s · 1,340 tokens"),
        (65.2, 0, "Thought for 1 min 5 s"),
        (0.0, 7, "Thought · 7 tokens"),
    ],
)
def test_a_thought_says_how_long_it_took_and_how_many_tokens(seconds: float, tokens: int, told: str) -> None:
    answer = AssistantMessage("4", thought="2 and 2", thought_seconds=seconds, thought_tokens=tokens)
    assert f"<summary>{told}</summary>" in shown(conversation(ASKED, answer))[1][0]


def test_while_the_model_thinks_it_says_so() -> None:
    thinking = AssistantMessage(thought="2 and", thought_seconds=1.5)
    for answer, told in (
        (thinking, "Thinking…"),
        (replace(thinking, text="4"), "Thought for 1.5 s"),
        (replace(thinking, stats=Finished("length")), "Thought for 1.5 s"),
    ):
        is_done = answer.stats is not None
        value = json.loads(Transcript().tail(conversation(ASKED, answer), ConversationTree(), is_done=is_done))
        assert f"<summary>{told}</summary>" in value["entries"][0][2][0]


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
    assert found[1:] == [[render_round(Round(calls, result, frozenset(("zzzzzzzzz",)), True))]]


def test_a_call_that_the_conversation_left_behind_does_not_wait_any_more() -> None:
    found = shown(conversation(ASKED, CALLED, UserMessage((Text("Never mind."),))))
    assert found[1] == [render_round(Round((CALL,), {}))]
    assert "skipped" in found[1][0]


def test_a_call_that_waits_has_its_card_below_what_is_done_and_one_at_a_time() -> None:
    calls = tuple(replace(CALL, id=letter * 9) for letter in "abc")
    said = conversation(
        ASKED, AssistantMessage(tool_calls=calls, stats=Finished("tool_calls")),
        ToolMessage(ToolResult("a" * 9, "4")),
    )  # fmt: skip
    asking = transcript.shown(said, None, None, lambda call: Asked(True, call.arguments))
    done, card, _ = (drawn([], asking) or [])[1][2]
    assert done == render_round(Round(calls[:1], {"a" * 9: ToolResult("a" * 9, "4")}))
    assert card == render_approval(calls[1], Asked(True, CALL.arguments), (2, 3))
    assert 'class="ask"' not in str(entries(said))  # an answer is being written


def test_the_row_under_a_message_knows_its_alternatives() -> None:
    first, second = (conversation(ASKED, AssistantMessage(text, stats=Finished("stop"))) for text in ("One.", "Two."))
    history = ConversationTree().with_branch(first).with_branch(second)
    assert " 2 / 2 " in rows(second, history)[1]
    assert " 1 / 2 " in rows(first, history.switch_branch(1, -1))[1]
    assert "pager" not in rows(second, history)[0]
    edited = history.with_branch(conversation(UserMessage((Text("Why?"),))))
    assert " 2 / 2 " in rows(edited.conversation, edited)[0]


def test_nothing_can_be_done_with_an_answer_that_is_being_written() -> None:
    said = conversation(ASKED, AssistantMessage("4", note="Reading…"))
    history = ConversationTree().with_branch(said)
    whole = drawn([], transcript.shown(said, history, unfinished=history.leaf)) or []
    assert whole[-1][2][-1] == '<p class="waiting">Reading…</p>'
    assert (
        transcript.shown(said, history, history.path[0], unfinished=history.leaf).count("<button") == 2
    )  # the question's


def test_an_entry_keeps_its_key_while_its_message_grows_and_no_other_has_it() -> None:
    asked = ConversationTree().with_branch(conversation(ASKED))
    keys = set()
    for text in ("f", "fo", "fou"):
        history = asked.with_answer(asked.leaf, [AssistantMessage(text)], ["new"], None)
        keys.add(tuple(key for key, *_ in entries(history.conversation, history)))
    assert keys == {(asked.leaf, "new")}


def a_change(history: ConversationTree, chance: Random, step: int) -> ConversationTree:
    """What may happen to a conversation."""
    said = history.conversation.messages
    change = chance.choice(["ask", "write", "write", "call", "result", "turn", "edit", "back", "elsewhere"])
    if change == "ask":
        return history.with_branch(Conversation((*said, UserMessage((Text(f"question {step}"),)))))
    if change == "write" and said:
        ending = chance.choice([None, Finished("stop"), Finished("length")])
        return history.with_answer(history.leaf, [AssistantMessage(f"answer {step}", stats=ending)], [str(step)], None)
    if change == "call":
        calls = tuple(replace(call, id=f"{call.id[:4]}{step:05}") for call in (CALL, SECOND))
        return history.with_branch(Conversation((*said, AssistantMessage(tool_calls=calls))))
    if change == "result" and (waiting := history.conversation.open_calls):
        result = ToolMessage(ToolResult(waiting[0].id, str(step)))
        return history.with_branch(Conversation((*said, result)))
    if change == "turn" and said:
        return history.switch_branch(chance.randrange(len(said)), 1)
    if change == "edit" and said:
        at = chance.randrange(len(said))
        return history.with_branch(Conversation((*said[:at], UserMessage((Text(f"edited {step}"),)))))
    if change == "back":
        return replace(history, leaf=chance.choice([None, *history.nodes]))
    if change == "elsewhere":  # another tab of this conversation added to it
        node = Node(f"other{step}", chance.choice([None, *history.nodes]), ASKED)
        return history.joined(ConversationTree({node.id: node}))
    return history


def test_what_a_page_is_shown_of_a_change_makes_of_it_what_the_whole_is() -> None:
    chance, history = Random(7), ConversationTree()
    page: list[Any] = []
    for step in range(400):
        seen, history = history.leaf, a_change(history, chance, step)
        page = drawn(page, transcript.shown(history.conversation, history, seen)) or []
        assert texts(page) == texts(entries(history.conversation, history))


def long(count: int) -> ConversationTree:
    turns = [(UserMessage((Text(f"question {at}"),)), AssistantMessage(f"answer {at}")) for at in range(count // 2)]
    return ConversationTree().with_branch(Conversation(tuple(message for turn in turns for message in turn)))


def test_of_a_long_conversation_a_page_is_given_the_end_and_asks_for_what_is_before_until_it_has_all() -> None:
    history = long(700)
    given = transcript.shown(history.conversation, history)
    page, first = drawn([], given) or [], json.loads(given)["earlier"]
    assert len(page) < 100
    assert page[-1][0] == history.leaf
    while first:
        assert page[0][0] == history.path[first]
        given = transcript.earlier(history.conversation, history, first)
        page, first = drawn(page, given) or [], json.loads(given)["earlier"]
    assert [key for key, *_ in page] == list(history.path)


def test_what_is_before_goes_before_nothing_else() -> None:
    history = long(400)
    given = transcript.earlier(history.conversation, history, 300)
    other = entries(conversation(ASKED))
    assert drawn(other, given) == other


def test_what_follows_a_long_conversation_is_shown_alone() -> None:
    history = long(400)
    asked = history.with_branch(history.conversation.add(ASKED))
    given = json.loads(transcript.shown(asked.conversation, asked, history.leaf))
    assert (given["after"], len(given["entries"])) == (history.path[-3], 3)  # the answer before is the last no more


def test_while_an_answer_comes_a_page_is_given_what_changed_and_shows_the_same() -> None:
    before = conversation(ASKED, AssistantMessage("Four.", stats=Finished("stop")), UserMessage((Text("Sure?"),)))
    asked, growing, sizes = ConversationTree().with_branch(before), Transcript(), []
    page = entries(before, asked)
    text = "# Yes\n\n- one\n- two\n\n" + "Indeed it is. " * 5 + "\n\n" + "A paragraph.\n\n" * 200
    for end in range(1, len(text), 7):
        history = asked.with_answer(asked.leaf, [AssistantMessage(text[:end])], ["new"], None)
        given = growing.tail(history.conversation, history)
        page = drawn(page, given) or []
        sizes.append(len(given))
        assert [key for key, *_ in page] == [*asked.path, "new"]
    assert max(sizes[-50:]) < 2000  # and not the 200 paragraphs
    end = growing.tail(history.conversation, history, is_done=True)
    assert drawn(page, end) == entries(history.conversation, history)


def test_a_busy_page_that_passes_over_updates_shows_the_same_as_long_as_it_draws_one_of_those_gone_on_from() -> None:
    chance, growing, asked = Random(3), Transcript(), ConversationTree().with_branch(conversation(ASKED))
    shown, last = entries(conversation(ASKED), asked), 0
    text = "".join(chance.choice(["word ", "*", "\n\n", "`", "- item\n", "| a | b |\n|---|---|\n"]) for _ in range(600))
    drawn_once = False
    for end in range(0, len(text), 5):
        history = asked.with_answer(asked.leaf, [AssistantMessage(text[:end])], ["new"], None)
        given = growing.tail(history.conversation, history)
        told = json.loads(given)
        if told["base"] > last:
            given = growing.all(history.conversation, history)  # the page asks for it
            told = json.loads(given)
            assert told["base"] == 0
        elif chance.random() < 0.9:
            continue
        shown, last, drawn_once = drawn(shown, given) or [], told["number"], True
        whole = Transcript().tail(history.conversation, history)
        assert shown == drawn(entries(conversation(ASKED), asked), whole)
    assert drawn_once


def test_a_page_that_shows_other_entries_takes_none_that_go_on_from_these() -> None:
    asked = ConversationTree().with_branch(conversation(ASKED))
    history = asked.with_answer(asked.leaf, [AssistantMessage("Four.")], ["new"], None)
    given = Transcript().tail(history.conversation, history)
    assert drawn([], given) is None
    assert drawn(entries(conversation(ASKED)), given) is None


def test_while_an_answer_is_written_those_before_it_are_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made, written = list[AssistantMessage](), transcript.written

    def counted(message: AssistantMessage, *given: Any) -> object:
        made.append(message)
        return written(message, *given)

    monkeypatch.setattr(transcript, "written", counted)
    before, rendering = AssistantMessage("Let me look.", tool_calls=(CALL,)), Transcript()
    for end in range(1, 9):
        said = conversation(ASKED, before, answered("4"), AssistantMessage("It is so."[:end]))
        rendering.tail(said, ConversationTree())
    assert made.count(before) == 1
