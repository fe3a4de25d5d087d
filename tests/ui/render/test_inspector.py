"""The view of what the model was sent for an answer."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.context import ContextPolicy
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    Image,
    Text,
    ToolCall,
    ToolSpec,
    Usage,
    UserMessage,
)
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.chat.tree import ConversationTree
from backend.tokenization.inspect import inspect
from backend.tokenization.tokenizer import Tokenizer
from backend.tools.toolbox import Tool, Toolbox
from backend.turn import MAX_ROUNDS, run_turn
from tests.support.scripted_engine import Reply, ScriptedEngine
from ui.render.inspector import LONG, inspector, request_of

TOOL = Tool(ToolSpec("shout", "Shouts.", '{"type": "object"}'), lambda **_: "HI")
CAT = Image("cat.png", 4, 3)
BEFORE = Conversation(
    (UserMessage((CAT, Text("Who?"))), AssistantMessage("A cat."), AssistantMessage(note="Failed."),
     UserMessage((Text("Sure?"),)))
)  # fmt: skip


def call(number: int) -> ToolCall:
    return ToolCall(f"call{number:05}", "shout", f'{{"of": "{number}"}}')


def answered(asked: ChatRequest, *replies: Reply) -> tuple[list[ChatRequest], ConversationTree]:
    """The requests that the engine got for a turn, and the tree that it left."""
    engine = ScriptedEngine(replies)
    *_, last = run_turn(engine, BEFORE, asked, Toolbox((TOOL,)))
    return engine.requests, ConversationTree().with_branch(BEFORE).with_branch(last, asked)


@pytest.mark.parametrize("keep", ["all", "no earlier pictures", "last turn"])
def test_each_answer_of_a_turn_came_from_the_request_that_the_engine_got(keep: ContextPolicy) -> None:
    asked = ChatRequest("Be brief.", tools=(TOOL.spec,), settings=GenerationSettings(seed=7), keep=keep)
    requests, history = answered(asked, [call(1)], [TextDelta("I look."), call(2)], [TextDelta("Yes.")])
    assert [request_of(history, index) for index in (4, 6, 8)] == requests


def test_tools_that_were_taken_away_in_the_last_round_are_not_shown_as_offered() -> None:
    rounds: list[Reply] = [[call(number)] for number in range(MAX_ROUNDS - 1)]
    requests, history = answered(ChatRequest(tools=(TOOL.spec,)), *rounds, [TextDelta("Enough.")])
    assert request_of(history, len(history.path) - 1) == requests[-1]
    assert not requests[-1].tools


def test_tools_that_were_taken_away_are_not_shown_as_offered_where_the_answer_was_stopped() -> None:
    asked = ChatRequest(tools=(TOOL.spec,))
    rounds: list[Reply] = [[call(number)] for number in range(MAX_ROUNDS - 1)]
    requests, history = answered(asked, *rounds, [TextDelta("Enough.")])
    stopped = history.conversation.with_note("Stopped.", Finished("cancelled"))
    history = ConversationTree().with_branch(BEFORE).with_branch(stopped, asked)
    assert request_of(history, len(history.path) - 1) == requests[-1]


def test_a_forced_call_was_forced_in_the_first_round_only() -> None:
    asked = ChatRequest(tools=(TOOL.spec,), tool_choice="required")
    requests, history = answered(asked, [call(1)], [TextDelta("Yes.")])
    assert [request_of(history, index) for index in (4, 6)] == requests


def test_an_answer_of_another_branch_keeps_its_own_request() -> None:
    first, second = ChatRequest("First."), ChatRequest("Second.")
    history = ConversationTree().with_branch(BEFORE.add(AssistantMessage("One.")), first)
    history = history.with_branch(BEFORE.add(AssistantMessage("Two.")), second)
    shown = [request_of(tree, 4) for tree in (history, history.switch_branch(4, -1))]
    assert [request.system_prompt for request in shown if request] == ["Second.", "First."]


@pytest.mark.parametrize("index", [0, 1])
def test_what_came_from_no_request_that_is_known_has_none(index: int) -> None:
    assert request_of(ConversationTree().with_branch(BEFORE), index) is None


def view(asked: ChatRequest, tokenizer: Tokenizer, answer: AssistantMessage | None = None) -> str:
    return inspector(inspect(asked, tokenizer), asked, answer or AssistantMessage("Yes."))


def test_the_whole_prompt_can_be_read_with_its_ids(demo_tokenizer: Tokenizer) -> None:
    asked = ChatRequest("Be brief.", (UserMessage((Text("Who?"),)),))
    shown = view(asked, demo_tokenizer)
    assert re.findall(r'<span class="(control|text)">(.*?)</span>', shown) == [
        ("control", "&lt;s&gt;"),
        ("control", "[SYSTEM_PROMPT]"), ("text", "Be brief."), ("control", "[/SYSTEM_PROMPT]"), ("control", "[INST]"),
        ("text", "Who?"), ("control", "[/INST]"),
    ]  # fmt: skip
    ids = " ".join(re.findall(r'<span class="token-ids">(.*?)</span>', shown)).split()
    assert list(map(int, ids)) == [id_ for piece in inspect(asked, demo_tokenizer).pieces for id_ in piece.ids]


def test_nothing_in_the_prompt_becomes_html(demo_tokenizer: Tokenizer) -> None:
    asked = ChatRequest("<script>", (UserMessage((Text('</span><img src=x onerror="alert(1)">&amp;[INST]'),)),))
    shown = view(asked, demo_tokenizer)
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;/span&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;amp;[INST]" in shown


def test_a_very_long_text_is_cut_with_its_length(demo_tokenizer: Tokenizer) -> None:
    asked = ChatRequest(messages=(UserMessage((Text("x" * (LONG + 1)),)),))
    assert f"{'x' * LONG}… ({LONG + 1:,} characters)" in view(asked, demo_tokenizer)
    assert "characters)" not in view(ChatRequest(messages=(UserMessage((Text("x" * LONG),)),)), demo_tokenizer)


def test_pictures_stand_where_the_model_sees_them(demo_tokenizer: Tokenizer, tmp_path: Path) -> None:
    images = []
    for number, size in enumerate([(20, 20), (90, 20)]):
        path = tmp_path / f"{number}.png"
        PILImage.new("RGB", size).save(path)
        images.append(Image(str(path), *size))
    shown = view(ChatRequest(messages=(UserMessage((images[0], Text("Who?"), images[1])),)), demo_tokenizer)
    assert re.findall(r'<img src="(.*?)"', shown) == [f"gradio_api/file={image.path}" for image in images]
    assert shown.index("0.png") < shown.index("Who?") < shown.index("1.png")
    assert "picture 2, as the model received it: 112 × 28, 5 tokens" in shown


def test_the_figures_of_the_answer_stand_above_the_prompt(demo_tokenizer: Tokenizer) -> None:
    asked = ChatRequest(messages=(UserMessage((Text("Who?"),)),), settings=GenerationSettings(0.7, seed=5))
    stats = Finished("length", Usage(1234, 0, 5))
    shown = view(asked, demo_tokenizer, replace(AssistantMessage("Yes."), stats=stats))
    tokens = inspect(asked, demo_tokenizer).tokens
    assert f"<p>{tokens} tokens in the prompt · temperature 0.7 · seed 5 · 1,234 prompt tokens" in shown
