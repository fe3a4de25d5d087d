"""The calls in the tests of mistral-common and vLLM are read out of the ids of an answer as they were written."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from backend.engines.local.output.streamer import TokenStreamer
from backend.engines.local.output.tool_calls import UNNAMED, parse_calls, text_after
from backend.tokenization.tokenizer import Tokenizer
from tests.support.library_conversations import Row, in_our_types
from tests.support.library_rows import ROWS
from tests.support.marked import ids

TokenizerOf = Callable[[str], Tokenizer]
Answer = tuple[str, list[tuple[str, str]]]  # what it says before its calls; their names and arguments

WITH_CALLS = [
    pytest.param(row, version, id=f"{name} {version}")
    for name, row in ROWS.items()
    for version in row.versions
    if any(calls for _, calls in row.answers)
]
CITY = {"city": "San Francisco", "state": "CA", "unit": "celsius"}
WEATHER, ADD = ("get_current_weather", CITY), ("add", {"a": 3.5, "b": 4})
DALLAS = {"city": "Dallas", "state": "TX", "unit": "fahrenheit"}
NESTED = DALLAS | {"sub_dict": {"foo": "bar", "inner": {"x": 1, "y": 2}}}
COMMAND = {"command": "print(\"hello world!\")\nre.compile(r'{}')"}


def streamed(tokens: Sequence[int], tokenizer: Tokenizer) -> tuple[str, list[int]]:
    """What an answer of these ids says, and the ids of its calls."""
    streamer = TokenStreamer(tokenizer)
    streamer.put(torch.tensor([tokenizer.text_ids("A prompt.")]))
    streamer.put(torch.tensor(tokens))
    streamer.end()
    return "".join(iter(streamer.text_queue.get_nowait, streamer.stop_signal)), streamer.call_ids


def read(tokens: Sequence[int], tokenizer: Tokenizer) -> Answer:
    text, call_ids = streamed(tokens, tokenizer)
    return text, [(call.name, call.arguments) for call in parse_calls(call_ids, tokenizer)]


def answers(tokens: list[int], tokenizer: Tokenizer) -> list[list[int]]:
    """The ids of each answer in a prompt: what stands between a question or a result and the end."""
    before = [tokenizer.tekken.get_special_token(mark) for mark in ("[/INST]", "[/TOOL_RESULTS]")]
    found, begun = [], 0
    for at, token in enumerate([*tokens, tokenizer.tekken.eos_id]):
        if token in before:
            begun = at + 1
        elif token == tokenizer.tekken.eos_id:
            found.append(tokens[begun:at])
            begun = at + 1
    return found


def written(name: str, arguments: Any, order: int = 1) -> str:
    """A call as one of the older protocol's list; with an order of -1 its arguments come first."""
    return json.dumps(dict([("name", name), ("arguments", arguments)][::order]))


def dumped(*calls: tuple[str, Any]) -> list[tuple[str, str]]:
    return [(name, json.dumps(arguments)) for name, arguments in calls]


@pytest.mark.parametrize(("row", "version"), WITH_CALLS)
def test_the_calls_of_a_conversation_are_read_back_from_its_answers(
    row: Row, version: str, tokenizer_of: TokenizerOf, tmp_path: Path
) -> None:
    tokenizer, request = tokenizer_of(version), in_our_types(row, tmp_path)
    found = [read(answer, tokenizer) for answer in answers(tokenizer.encode(request).tokens, tokenizer)]
    read_back = [(text, [(name, json.loads(arguments)) for name, arguments in calls]) for text, calls in found]
    assert [answer for answer in read_back if answer[1]] == [answer for answer in row.answers if answer[1]]


# vLLM's tests of its parser: what the model wrote; the text before the calls, the calls, and the text after them.
OLDER: dict[str, tuple[str, str, list[tuple[str, Any]], str]] = {
    "single_tool_add": (f"[TOOL_CALLS][{written(*ADD)}]", "", [ADD], ""),
    "single_tool_weather": (f"[TOOL_CALLS] [{written(*WEATHER)}]", "", [WEATHER], ""),
    "argument_before_name": (f"[TOOL_CALLS] [{written(*WEATHER, -1)}]", "", [WEATHER], ""),
    "name_in_argument": (
        '[TOOL_CALLS] [{"arguments":{"name": "John Doe"}, "name": "get_age"}]',
        "", [("get_age", {"name": "John Doe"})], "",
    ),
    "spaces": (
        '[TOOL_CALLS]  [ {"name":"add" , "arguments" : {"a": "3", "b": 4} } ]',
        "", [("add", {"a": "3", "b": 4})], "",
    ),
    "multiple_tools": (f"[TOOL_CALLS] [{written(*ADD, -1)}, {written(*WEATHER)}]", "", [ADD, WEATHER], ""),
    "content_before_tool": (f"Some text[TOOL_CALLS] [{written(*ADD)}]", "Some text", [ADD], ""),
    "trailing_data": (
        f"[TOOL_CALLS] [{written(*WEATHER)}]\nextra trailing data", "", [WEATHER], "extra trailing data"
    ),
    # vLLM refuses it; mistral-common's own reader has both calls
    "multiple_bot_tokens": (
        f"[TOOL_CALLS] [{written(*ADD)}][TOOL_CALLS] [{written(*WEATHER)}]", "", [ADD, WEATHER], ""
    ),
    "regex_fallback": (f"[TOOL_CALLS]  junk [{written(*ADD)}] trail", "", [ADD], "junk trail"),
}  # fmt: skip
NEWER: dict[str, tuple[str, str, list[tuple[str, str]]]] = {
    "single_tool": (f"[TOOL_CALLS]add_this_and_that{json.dumps(ADD[1])}", "", dumped(("add_this_and_that", ADD[1]))),
    "single_tool_weather": (f"[TOOL_CALLS]{WEATHER[0]}{json.dumps(CITY)}", "", dumped(WEATHER)),
    "multiple_tools": (
        '[TOOL_CALLS]add{"a": 3.5, "b": 4}[TOOL_CALLS]multiply{"a": 3, "b": 6}', "",
        dumped(ADD, ("multiply", {"a": 3, "b": 6})),
    ),
    "nested_json": (f"[TOOL_CALLS]{WEATHER[0]}{json.dumps(NESTED)}", "", dumped((WEATHER[0], NESTED))),
    "complex": (f"hi{{hi[TOOL_CALLS]bash{json.dumps(COMMAND)}", "hi{hi", dumped(("bash", COMMAND))),
    "wrong_json": (
        f"hi{{hi[TOOL_CALLS]bash{json.dumps(COMMAND)[:-2]}", "hi{hi", [("bash", json.dumps(COMMAND)[:-2])]
    ),
    # vLLM leaves it out, and the model goes unanswered; ours is for the toolbox to answer
    "without_args": ("[TOOL_CALLS]toolname_no_args", "", [("toolname_no_args", "")]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "before", "calls", "after"), OLDER.values(), ids=OLDER)
def test_a_list_that_vllm_reads_is_read(
    text: str, before: str, calls: list[tuple[str, Any]], after: str, tokenizer_of: TokenizerOf
) -> None:
    tokenizer = tokenizer_of("v7")
    tokens = ids(text, tokenizer)
    assert read(tokens, tokenizer) == (before, dumped(*calls))
    assert text_after(streamed(tokens, tokenizer)[1], tokenizer) == after


@pytest.mark.parametrize("mark", ["", "[ARGS]"])
@pytest.mark.parametrize("version", ["v11", "v13"])
@pytest.mark.parametrize(("text", "before", "calls"), NEWER.values(), ids=NEWER)
def test_calls_that_vllm_reads_are_read(
    text: str, before: str, calls: list[tuple[str, str]], version: str, mark: str, tokenizer_of: TokenizerOf
) -> None:
    tokenizer = tokenizer_of(version)
    said, begin, called = text.partition("[TOOL_CALLS]")
    marked = said + begin + "[TOOL_CALLS]".join(one.replace("{", f"{mark}{{", 1) for one in called.split(begin))
    assert read(ids(marked, tokenizer), tokenizer) == (before, calls)


def test_words_where_a_list_should_be_are_a_call_for_the_toolbox_to_answer(tokenizer_of: TokenizerOf) -> None:
    """vLLM takes them for the answer's text."""
    tokenizer = tokenizer_of("v7")
    assert read(ids("[TOOL_CALLS] not json at all", tokenizer), tokenizer) == ("", [(UNNAMED, "not json at all")])
