"""The view of what the model was sent for an answer."""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.context import ContextPolicy
from backend.chat.messages import AssistantMessage, Conversation, Finished, ToolCall, ToolSpec, Usage, UserMessage
from backend.chat.parts import Image, Text
from backend.chat.request import ChatRequest, TextDelta
from backend.chat.settings import GenerationSettings
from backend.chat.tree import ConversationTree
from backend.tokenization.inspect import inspect
from backend.tokenization.tokenizer import Tokenizer
from backend.tools.toolbox import Tool, Toolbox
from backend.turn import MAX_ROUNDS, run_turn
from tests.support.scripted_engine import Reply, ScriptedEngine
from ui.render.views.inspector import PIECES, RUN, TOKENS, as_json, as_text, inspector, request_of

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
    return inspector(inspect(asked, tokenizer), asked, answer or AssistantMessage("Yes."), 3)


def said(text: str, system: str = "") -> ChatRequest:
    return ChatRequest(system, (UserMessage((Text(text),)),))


def runs(shown: str) -> list[tuple[list[int], list[str]]]:
    """Of each run of text its ids, and what each adds to it, as the page's script has it."""
    found = re.findall(r'<span class="run" data-ids="(.*?)" data-lengths="(.*?)">(.*?)</span>', shown, re.DOTALL)
    return [(list(map(int, ids.split())), list(cut(html.unescape(text), lengths))) for ids, lengths, text in found]


def cut(text: str, lengths: str) -> Iterator[str]:
    at = 0
    for length in map(int, lengths.split()):
        yield text[at : at + length]
        at += length
    assert at == len(text)


def test_the_whole_prompt_can_be_read_with_its_ids(demo_tokenizer: Tokenizer) -> None:
    asked = said("Who is 👩‍👧 there?\r\n", "Be brief.")
    shown, pieces = view(asked, demo_tokenizer), inspect(asked, demo_tokenizer).pieces
    control = re.findall(r'<span class="control" title="(\d+)" data-id="\d+">(.*?)</span>', shown)
    assert [(int(id_), html.unescape(text)) for id_, text in control] == [
        (piece.ids[0], piece.text) for piece in pieces if piece.is_control
    ]
    texts = [piece for piece in pieces if not piece.is_control]
    assert [(tuple(ids), "".join(parts)) for ids, parts in runs(shown)] == [(p.ids, p.text) for p in texts]
    assert [piece.text for piece in texts] == ["Be brief.", "Who is 👩‍👧 there?\r\n"]


def test_nothing_in_the_prompt_becomes_html(demo_tokenizer: Tokenizer) -> None:
    asked = said('</span><img src=x onerror="alert(1)">&amp;[INST]', "<script>")
    shown = view(asked, demo_tokenizer)
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;/span&gt;&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;amp;[INST]" in shown


@pytest.mark.parametrize("count", [20_000, 300_000])
def test_a_long_prompt_costs_a_bounded_number_of_elements_and_says_what_is_not_shown(
    demo_tokenizer: Tokenizer, count: int
) -> None:
    asked = said("ab " * count)
    found = inspect(asked, demo_tokenizer)
    shown = inspector(found, asked, AssistantMessage("Yes."), 1)
    assert shown.count("<span") < TOKENS / RUN + 20
    assert len(shown) < 1_000_000
    left_out = found.tokens - sum(len(ids) for ids, _ in runs(shown)) - shown.count('class="control"')
    assert (f"{left_out:,} tokens are not shown" in shown) is (left_out > 0) is (found.tokens > TOKENS)


def test_of_many_messages_the_first_and_the_last_are_shown(demo_tokenizer: Tokenizer) -> None:
    messages = [
        message
        for number in range(2_000)
        for message in (UserMessage((Text(f"question {number}"),)), AssistantMessage(f"answer {number}"))
    ]
    shown = view(ChatRequest(messages=(*messages, UserMessage((Text("Who?"),)))), demo_tokenizer)
    assert shown.count("<span") <= PIECES + 20
    assert shown.count("not shown here") == 1
    assert "question 0<" in shown
    assert "Who?" in shown


def test_pictures_stand_where_the_model_sees_them(demo_tokenizer: Tokenizer, tmp_path: Path) -> None:
    images = []
    for number, size in enumerate([(20, 20), (90, 20)]):
        path = tmp_path / f"{number}.png"
        PILImage.new("RGB", size).save(path)
        images.append(Image(str(path), *size))
    asked = ChatRequest(messages=(UserMessage((images[0], Text("Who?"), images[1])),))
    shown = view(asked, demo_tokenizer)
    assert re.findall(r'<img src="(.*?)"', shown) == [f"gradio_api/file={image.path}" for image in images]
    assert shown.index("0.png") < shown.index("Who?") < shown.index("1.png")
    assert "Image 2, as the model sees it: 112 × 28, 5 tokens" in shown
    assert as_text(inspect(asked, demo_tokenizer)) == "<s>[INST][Image 1]Who?[Image 2][/INST]"


def test_the_figures_of_the_answer_stand_above_the_prompt(demo_tokenizer: Tokenizer) -> None:
    asked = replace(said("Who?"), settings=GenerationSettings(0.7, seed=5))
    tokens = inspect(asked, demo_tokenizer).tokens

    def told(prompt_tokens: int) -> str:
        stats = Finished("length", Usage(prompt_tokens, 0, 5))
        return view(asked, demo_tokenizer, replace(AssistantMessage("Yes."), stats=stats))

    assert f"<p>{tokens} tokens in the prompt · temperature 0.7 · seed 5 · 1,234 prompt tokens" in told(1234)
    assert f"<p>temperature 0.7 · seed 5 · {tokens} prompt tokens" in told(tokens)  # and not twice


def test_the_prompt_can_be_copied_whole_as_text_and_as_json(demo_tokenizer: Tokenizer) -> None:
    asked = replace(said("ab " * 60_000, "Be brief."), settings=GenerationSettings(0.7, seed=5))
    found = inspect(asked, demo_tokenizer)
    assert as_text(found) == f"<s>[SYSTEM_PROMPT]Be brief.[/SYSTEM_PROMPT][INST]{'ab ' * 60_000}[/INST]"
    told = json.loads(as_json(found, asked))
    assert [id_ for piece in told["prompt"] for id_ in piece["ids"]] == list(demo_tokenizer.encode(asked).tokens)
    assert (told["tokens"], told["settings"]["seed"]) == (found.tokens, 5)
    assert [piece["kind"] for piece in told["prompt"]][:3] == ["control", "control", "text"]
