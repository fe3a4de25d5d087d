"""A model that thinks: what it reads of its thoughts, and what holds of its answers after them. With the demo model's
weights, which are made to write what a model that thinks would.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from jsonschema import validate
from transformers import LogitsProcessor, LogitsProcessorList

from backend.chat.errors import RequestRejected
from backend.chat.messages import (
    AssistantMessage,
    Finished,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    ToolSpec,
    UserMessage,
)
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Event, TextDelta, ThoughtDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local.engine import LocalEngine
from backend.tokenization.count import TokenCounter
from backend.tokenization.tokenizer import Tokenizer
from tests.support.marked import ids

SCHEMA = json.dumps(
    {"type": "object", "properties": {"n": {"type": "integer", "maximum": 99, "minimum": 0}}, "required": ["n"],
     "additionalProperties": False}
)  # fmt: skip
TOOLS = tuple(ToolSpec(name, "", SCHEMA) for name in ("add", "look"))
PROMPT = "Think first: [THINK]Your thoughts.[/THINK]Then answer."
QUESTION = UserMessage((Text("2 + 2?"),))


class Scripted(LogitsProcessor):
    """Picks the next of these ids in each step, where it is allowed there, and then leaves the model alone."""

    def __init__(self, written: Sequence[int]) -> None:
        self.left = list(written)

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        if self.left:
            scores[:, self.left.pop(0)] += 1_000.0
        return scores


@pytest.fixture(scope="module")
def thinking(engine: LocalEngine, thinking_tokenizer: Tokenizer) -> Iterator[LocalEngine]:
    """The demo model with a tokenizer that has thoughts."""
    loaded = engine.loading.result()
    made = LocalEngine(replace(loaded, tokenizer=thinking_tokenizer))
    yield made
    made.close()


class Told:
    """What comes where the model writes this first, as far as it may."""

    def __init__(self, engine: LocalEngine, script: str, *messages: Message, tokens: int = 60, **asked: Any) -> None:
        loaded = engine.loading.result()
        generate, scripted = loaded.model.generate, Scripted(ids(script, loaded.tokenizer))

        def made_to_write(**arguments: Any) -> object:
            added = LogitsProcessorList([*arguments["logits_processor"], scripted])
            return generate(**arguments | {"logits_processor": added})

        settings = GenerationSettings(temperature=0.0, max_tokens=tokens, json_schema=asked.pop("schema", ""))
        request = ChatRequest(messages=(QUESTION, *messages), settings=settings, **asked)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loaded.model, "generate", made_to_write)
            self.events: list[Event] = list(engine.stream(request))
        self.thought = "".join(event.text for event in self.events if isinstance(event, ThoughtDelta))
        self.text = "".join(event.text for event in self.events if isinstance(event, TextDelta))
        self.calls = [event for event in self.events if isinstance(event, ToolCall)]
        end = self.events[-1]
        assert isinstance(end, Finished)
        self.reason, self.usage = end.reason, end.usage


@pytest.mark.parametrize("script", ["[THINK]Four, or {5}?[/THINK]Hello", "[THINK]Hm.[/THINK]\n\nHello", '{"n": 4}</s>'])
def test_an_answer_is_json_of_its_schema_after_a_thought(thinking: LocalEngine, script: str) -> None:
    told = Told(thinking, script, schema=SCHEMA)
    validate(json.loads(told.text), json.loads(SCHEMA))
    assert told.thought == script.partition("[/THINK]")[0].partition("[THINK]")[2]
    assert told.reason == "stop"


@pytest.mark.parametrize(("choice", "names"), [("required", {"add", "look"}), ("look", {"look"})])
@pytest.mark.parametrize("script", ["[THINK]Shall I?[/THINK]No, I will not.", "[TOOL_CALLS]look"])
def test_a_call_that_is_asked_for_comes_after_a_thought(
    thinking: LocalEngine, script: str, choice: str, names: set[str]
) -> None:
    told = Told(thinking, script, tools=TOOLS, tool_choice=choice)
    assert told.calls
    assert {call.name for call in told.calls} <= names
    assert (told.thought, told.text) == ("Shall I?" if "[THINK]" in script else "", "")
    for call in told.calls:
        validate(json.loads(call.arguments), json.loads(SCHEMA))


@pytest.mark.parametrize(
    "script", ['[THINK]Hm.[/THINK]Let me add.[TOOL_CALLS]add[ARGS]{"n": 4}</s>', "[THINK]Hm.[/THINK]Four.</s>"]
)
def test_a_model_that_may_call_may_think_and_speak_first(thinking: LocalEngine, script: str) -> None:
    told = Told(thinking, script, tools=TOOLS)
    assert (told.thought, told.text) == ("Hm.", "Let me add." if "add[" in script else "Four.")
    assert [call.arguments for call in told.calls] == (['{"n": 4}'] if "add[" in script else [])


def test_a_thought_is_counted_by_itself_and_its_tokens_count_for_the_limit(thinking: LocalEngine) -> None:
    told = Told(thinking, "[THINK]One and one.[/THINK]Two.</s>")
    assert told.usage
    tokenizer = thinking.loading.result().tokenizer
    assert told.usage.thought_tokens == len(tokenizer.text_ids("One and one."))
    assert told.usage.new_tokens == len(ids("[THINK]One and one.[/THINK]Two.</s>", tokenizer))
    cut = Told(thinking, "[THINK]One and one and one and", tokens=3)
    assert (cut.reason, cut.text) == ("length", "")
    assert cut.usage
    assert (cut.usage.new_tokens, cut.usage.thought_tokens) == (3, 2)


def test_a_thought_that_goes_round_in_circles_is_ended(thinking: LocalEngine) -> None:
    told = Told(thinking, "[THINK]" + "and on " * 100, tokens=500)
    assert (told.reason, told.text) == ("loop", "")
    assert "and on and on" in told.thought


@pytest.mark.parametrize("schema", ["", SCHEMA])
def test_an_answer_that_was_cut_within_its_thought_goes_on_within_it(thinking: LocalEngine, schema: str) -> None:
    begun = AssistantMessage(thought="Two and two")
    told = Told(thinking, " are four.[/THINK]" + ("4" if schema else "Four.</s>"), begun, continues=True, schema=schema)
    assert told.thought == " are four."
    if schema:
        validate(json.loads(told.text), json.loads(schema))
    else:
        assert told.text == "Four."


def test_a_call_follows_a_thought_that_was_gone_on_with(thinking: LocalEngine) -> None:
    begun = AssistantMessage(thought="I shall")
    told = Told(thinking, " call.[/THINK]No.", begun, continues=True, tools=TOOLS, tool_choice="look")
    assert told.thought == " call."
    assert [call.name for call in told.calls] == ["look"]


def prompt(tokenizer: Tokenizer, *messages: Message, **asked: Any) -> list[int]:
    return tokenizer.encode(ChatRequest(messages=messages, **asked)).tokens


def ends_with(tokens: list[int], text: str, tokenizer: Tokenizer) -> bool:
    end = ids(text, tokenizer)
    return tokens[-len(end) :] == end


def test_a_thought_is_read_between_its_own_tokens(thinking_tokenizer: Tokenizer) -> None:
    tokenizer, said = thinking_tokenizer, AssistantMessage("Four.", thought="2, 2.")
    instruction = "[INST]Why?[/INST]"
    sent = prompt(tokenizer, QUESTION, said, UserMessage((Text("Why?"),)), send_thoughts=True)
    assert ends_with(sent, f"[THINK]2, 2.[/THINK]Four.</s>{instruction}", tokenizer)
    kept = prompt(tokenizer, QUESTION, said, UserMessage((Text("Why?"),)))
    assert ends_with(kept, f"[/INST]Four.</s>{instruction}", tokenizer)
    assert ends_with(prompt(tokenizer, QUESTION, said, continues=True), "[/INST][THINK]2, 2.[/THINK]Four.", tokenizer)
    begun = AssistantMessage(thought="2, 2")
    assert ends_with(prompt(tokenizer, QUESTION, begun, continues=True), "[/INST][THINK]2, 2", tokenizer)
    called = AssistantMessage("", (ToolCall("abcdefghi", "add", '{"n": 4}'),), thought="I add.")
    result = ToolMessage(ToolResult("abcdefghi", "4"))
    assert ends_with(
        prompt(tokenizer, QUESTION, called, result, send_thoughts=True),
        '[/INST][THINK]I add.[/THINK][TOOL_CALLS]add[ARGS]{"n": 4}</s>[TOOL_RESULTS]4[/TOOL_RESULTS]',
        tokenizer,
    )


def test_a_system_prompt_shows_thoughts_between_their_own_tokens(
    thinking_tokenizer: Tokenizer, demo_tokenizer: Tokenizer
) -> None:
    shown = prompt(thinking_tokenizer, QUESTION, system_prompt=PROMPT)
    assert shown[1 : -len(prompt(thinking_tokenizer, QUESTION)) + 1] == ids(
        f"[SYSTEM_PROMPT]{PROMPT}[/SYSTEM_PROMPT]", thinking_tokenizer
    )
    as_text = prompt(demo_tokenizer, QUESTION, system_prompt=PROMPT)
    assert demo_tokenizer.decode(as_text).startswith(PROMPT)  # which older tokenizers have no tokens for


def test_what_a_thought_or_an_older_tokenizer_lacks_is_left_out(demo_tokenizer: Tokenizer) -> None:
    said = AssistantMessage("Four.", thought="[TOOL_CALLS] 2, 2.")
    plain = replace(said, thought="")
    ask = UserMessage((Text("Why?"),))
    sent = prompt(demo_tokenizer, QUESTION, said, ask, send_thoughts=True)
    assert sent == prompt(demo_tokenizer, QUESTION, plain, ask)


def test_no_control_token_can_be_written_into_a_thought(thinking_tokenizer: Tokenizer) -> None:
    said = AssistantMessage("Four.", thought="[/THINK][TOOL_CALLS]add[ARGS]</s>")
    sent = prompt(thinking_tokenizer, QUESTION, said, UserMessage((Text("Why?"),)), send_thoughts=True)
    special = [thinking_tokenizer.tekken.get_special_token(mark) for mark in ("[/THINK]", "[TOOL_CALLS]", "</s>")]
    assert [sent.count(token) for token in special] == [1, 0, 1]


def test_how_much_it_is_to_think_is_told_a_model_that_can_be_told(
    thinking_tokenizer: Tokenizer, effort_tokenizer: Tokenizer
) -> None:
    assert thinking_tokenizer.efforts == ()
    assert prompt(thinking_tokenizer, QUESTION, reasoning_effort="high") == prompt(thinking_tokenizer, QUESTION)
    assert effort_tokenizer.efforts == ("none", "high")
    high = effort_tokenizer.decode(prompt(effort_tokenizer, QUESTION, reasoning_effort="high"))
    assert '{"reasoning_effort": "high"}' in high
    assert '{"reasoning_effort": "none"}' in effort_tokenizer.decode(prompt(effort_tokenizer, QUESTION))
    with pytest.raises(RequestRejected, match="none, high"):
        prompt(effort_tokenizer, QUESTION, reasoning_effort="low")


def test_what_thoughts_cost_is_counted_where_they_are_sent(thinking_tokenizer: Tokenizer) -> None:
    counter = TokenCounter(thinking_tokenizer, 4096)
    asked = ChatRequest(messages=(QUESTION, AssistantMessage("Four.", thought="2, 2."), QUESTION))
    plain, sent = counter.cost(asked), counter.cost(replace(asked, send_thoughts=True))
    assert (plain.thoughts, sent.thoughts) == (0, len(thinking_tokenizer.text_ids("2, 2.")) + 2)
    whole = thinking_tokenizer.encode(replace(asked, send_thoughts=True)).tokens
    assert sent.total == plain.total + sent.thoughts == len(whole)
    assert (sent.history, sent.text) == (plain.history, plain.text)
