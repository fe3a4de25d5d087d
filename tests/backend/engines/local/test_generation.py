"""One answer in this process: what it counts, what ends it, and how it closes. No model runs here."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from backend.chat.errors import RequestRejected
from backend.chat.messages import Finished, ToolCall, ToolSpec, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, Event, TextDelta
from backend.chat.settings import GenerationSettings
from backend.engines.local.generation import Generation, in_line
from backend.engines.local.loading import LoadedModel
from backend.engines.local.output.schema_check import SchemaCheck
from backend.models.catalogue import find
from backend.tokenization.tokenizer import Tokenizer
from tests.support.marked import ids

HELLO = ChatRequest(messages=(UserMessage((Text("Hello"),)),))
LOOK = ToolSpec("look", "Looks.", '{"type": "object"}')


def begun(tokenizer: Tokenizer, request: ChatRequest = HELLO, seconds: float = 600) -> Generation:
    """A generation whose streamer was given the prompt."""
    generation = Generation(LoadedModel(find("demo"), None, tokenizer), request, None, time.perf_counter(), seconds)
    generation.begin(reused_tokens=2)
    generation.streamer.put(torch.tensor([generation.prompt.tokens]))
    return generation


def written(text: str, tokenizer: Tokenizer, request: ChatRequest = HELLO) -> Generation:
    """A generation in which the model wrote this, until it was stopped; marks such as [ARGS] are special tokens."""
    generation = begun(tokenizer, request)
    for token in ids(text, tokenizer):
        generation.streamer.put(torch.tensor([token]))
        if generation.is_over():
            break
    generation.streamer.end()
    return generation


def closed(generation: Generation, check: SchemaCheck | None = None) -> tuple[list[Event], Finished]:
    *calls, last = generation.closing(check)
    assert isinstance(last, Finished)
    return calls, last


def asking(**settings: Any) -> ChatRequest:
    return replace(HELLO, settings=GenerationSettings(**settings))


@pytest.mark.parametrize(
    ("text", "complete"), [("Done.</s>", True), ("Cut o", False), ("[TOOL_CALLS]a[ARGS]{}</s>", True)]
)
def test_only_the_models_own_end_counts_as_one(text: str, complete: bool, demo_tokenizer: Tokenizer) -> None:
    assert written(text, demo_tokenizer).is_complete is complete


def test_a_stop_text_ends_an_answer_as_the_models_own_end_does_but_no_thought(thinking_tokenizer: Tokenizer) -> None:
    generation = written("[THINK]a STOP b[/THINK]c STOP d", thinking_tokenizer, asking(stop=("STOP",)))
    assert generation.is_over()
    assert generation.ids == ids("[THINK]a STOP b[/THINK]c STOP d", thinking_tokenizer)[: len(generation.ids)]
    assert closed(generation)[1].reason == "stop"


@pytest.mark.parametrize("before", ["", "[THINK]"])
def test_what_goes_round_in_circles_ends_as_a_loop(before: str, thinking_tokenizer: Tokenizer) -> None:
    generation = written(before + "and on " * 100, thinking_tokenizer)
    assert generation.is_over()
    assert closed(generation)[1].reason == "loop"


def test_all_new_tokens_are_kept_and_counted_those_of_a_thought_too(thinking_tokenizer: Tokenizer) -> None:
    text = "First. [THINK]Hm.[/THINK]Then.[TOOL_CALLS]a[ARGS]{}</s>"
    generation = written(text, thinking_tokenizer)
    assert generation.ids == ids(text, thinking_tokenizer)  # by which what is computed is known again
    usage = closed(generation)[1].usage
    assert usage
    assert (usage.prompt_tokens, usage.new_tokens) == (len(generation.prompt.tokens), len(generation.ids))
    assert (usage.reused_tokens, usage.image_tokens) == (2, 0)


def test_its_figures_are_those_of_the_clock(demo_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 10.5, 13.0, 13.0, 13.5, 15.0])  # asked, begun, then three tokens, and once more for `seconds`
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    generation = begun(demo_tokenizer)
    for token in ids("One", demo_tokenizer)[:1] * 3:
        generation.streamer.put(torch.tensor([token]))
    usage = generation.usage
    assert (usage.seconds_to_first_token, usage.tokens_per_second) == (3.0, 2 / 0.5)
    assert generation.seconds == 4.5


def test_a_cancelled_one_and_one_whose_time_is_up_are_over(demo_tokenizer: Tokenizer) -> None:
    generation = begun(demo_tokenizer)
    assert not generation.is_over()
    generation.cancel()
    assert generation.is_over()
    late = begun(demo_tokenizer, seconds=0)
    assert late.is_over()
    assert closed(late)[1].reason == "time"
    assert late(torch.zeros(2, 5).long(), torch.zeros(2, 9)).tolist() == [True, True]  # type: ignore[arg-type]


def test_it_says_that_it_writes_a_call_and_ends_with_it(demo_tokenizer: Tokenizer) -> None:
    assert begun(demo_tokenizer).status == "Reading…"
    assert not written("Hello", demo_tokenizer).status  # it has read all: what it wrote stands there
    generation = written('[TOOL_CALLS]look[ARGS]{"at": 1}</s>', demo_tokenizer)
    assert generation.status == "Writing a tool call…"
    (call,), last = closed(generation)
    assert isinstance(call, ToolCall)
    assert (call.name, call.arguments, last.reason) == ("look", '{"at": 1}', "tool_calls")
    assert closed(written('[TOOL_CALLS]look[ARGS]{"at', demo_tokenizer))[0] == []


def test_words_after_a_list_of_calls_are_told_as_text(tokenizer_file: Callable[[str], Path]) -> None:
    calls = '[TOOL_CALLS][{"name": "look", "arguments": {}}] I look.</s>'
    (text, call), _ = closed(written(calls, Tokenizer(tokenizer_file("v7"))))
    assert text == TextDelta("I look.")
    assert isinstance(call, ToolCall)


def test_words_after_a_list_of_calls_do_not_stick_to_those_before_it(tokenizer_file: Callable[[str], Path]) -> None:
    calls = 'Let me see.[TOOL_CALLS][{"name": "look", "arguments": {}}] I look.</s>'
    (text, _), _ = closed(written(calls, Tokenizer(tokenizer_file("v7"))))
    assert text == TextDelta("\n\nI look.")


def test_a_call_that_no_grammar_enforces_begins_in_the_prompt(demo_tokenizer: Tokenizer) -> None:
    asked = replace(HELLO, tools=(LOOK,), tool_choice="look")
    generation = begun(demo_tokenizer, asked)
    assert generation.prompt.tokens[-3:] == ids("[TOOL_CALLS]look[ARGS]", demo_tokenizer)[-3:]
    calls, last = closed(written('{"at": 1}</s>', demo_tokenizer, asked), SchemaCheck())
    assert [call.arguments for call in calls if isinstance(call, ToolCall)] == ['{"at": 1}']
    assert last.note.startswith("Tool schemas aren't enforced")


@pytest.mark.parametrize(("text", "note"), [('{"a": 1}</s>', "this answer matches it"), ("No.</s>", "not valid JSON")])
def test_an_answer_without_a_grammar_is_checked_as_it_closes(text: str, note: str, demo_tokenizer: Tokenizer) -> None:
    asked = asking(json_schema='{"type": "object"}')
    assert note in closed(written(text, demo_tokenizer, asked), SchemaCheck())[1].note
    assert closed(written(text, demo_tokenizer, asked))[1].note == ""


def test_a_prompt_that_leaves_no_room_is_refused_and_a_long_answer_cut(demo_tokenizer: Tokenizer) -> None:
    length = len(begun(demo_tokenizer).prompt.tokens)
    tight = replace(find("demo"), context=length + 3)
    request = asking(max_tokens=50)
    assert Generation(LoadedModel(tight, None, demo_tokenizer), request, None, 0.0, 9.0).settings.max_tokens == 3
    with pytest.raises(RequestRejected, match=f"has {length} tokens"):
        Generation(LoadedModel(replace(tight, context=length), None, demo_tokenizer), request, None, 0.0, 9.0)


@pytest.mark.parametrize(
    ("ahead", "durations", "told"),
    [
        (1, [], "You're 2nd in line"),
        (2, [1.2, 1.4], "You're 3rd in line · about 3 s"),
        (10, [0.01], "11th in line · about 1 s"),
        (20, [], "21st in line"),
        (110, [], "111th in line"),
    ],
)
def test_whoever_waits_is_told_their_place_in_line(ahead: int, durations: list[float], told: str) -> None:
    assert in_line(ahead, durations).endswith(told)
