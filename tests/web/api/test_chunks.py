"""What programs read of an answer: OpenAI's own types take every chunk of it, and each says what it has to."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from backend.chat.messages import Finished, FinishReason, ToolCall, Usage
from backend.chat.request import Event, Logprobs, Scored, TextDelta, ThoughtDelta, Waiting
from backend.chat.scores import TokenLogprob, TokenScore
from web.api.answer.chunks import DONE, chunks, whole
from web.api.errors import ApiError
from web.api.translation import ReplyOptions

USAGE = Usage(12, 0, 7, reused_tokens=5)
CALLS = (ToolCall("abcdefghi", "add", '{"a": 1}'), ToolCall("ABCDEFGH1", "add", '{"a": 2}'))
ANSWER: tuple[Event, ...] = (
    Waiting("Reading…"),
    ThoughtDelta("Hm"),
    TextDelta("Two "),
    Waiting("…"),
    Scored((TokenScore(0, "sums", 0.5),)),
    TextDelta("sums: “é”"),
    *CALLS,
    Finished("tool_calls", USAGE),
)


def streamed(events: Sequence[Event], **options: Any) -> list[ChatCompletionChunk]:
    """The chunks, as strictly read as the types allow; each event is one line, and the last says that it is all."""
    body = b"".join(chunks(iter(events), ReplyOptions(stream=True, model="demo", **options)))
    *events_of, last, rest = body.split(b"\n\n")
    assert (last + b"\n\n", rest) == (DONE, b"")
    assert all(event.startswith(b"data: {") and b"\n" not in event for event in events_of)
    return [ChatCompletionChunk.model_validate_json(event.removeprefix(b"data: "), strict=True) for event in events_of]


def completed(events: Sequence[Event], **options: Any) -> ChatCompletion:
    body = b"".join(whole(iter(events), ReplyOptions(model="demo", **options)))
    return ChatCompletion.model_validate_json(body, strict=True)


def test_a_stream_is_text_thoughts_and_calls_with_their_numbers_and_one_reason() -> None:
    found = streamed(ANSWER)
    deltas = [chunk.choices[0].delta for chunk in found]
    assert (deltas[0].role, deltas[0].content) == ("assistant", "")
    assert "".join(delta.content or "" for delta in deltas) == "Two sums: “é”"
    thought = next(delta.model_extra for delta in deltas if delta.model_extra)
    assert thought == {"reasoning_content": "Hm", "reasoning": "Hm"}
    calls = [call for delta in deltas for call in delta.tool_calls or ()]
    assert [(call.index, call.id, call.type) for call in calls] == [
        (0, "abcdefghi", "function"),
        (1, "ABCDEFGH1", "function"),
    ]
    assert [(call.function.name, call.function.arguments) for call in calls if call.function] == [
        ("add", '{"a": 1}'),
        ("add", '{"a": 2}'),
    ]
    assert [chunk.choices[0].finish_reason for chunk in found if chunk.choices[0].finish_reason] == ["tool_calls"]
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in found}) == 1
    assert not any(chunk.usage for chunk in found)


def test_what_was_taken_is_told_last_where_it_was_asked_for() -> None:
    *others, last = streamed(ANSWER, include_usage=True)
    assert not any(chunk.usage for chunk in others)
    assert last.choices == []
    assert last.usage
    assert last.usage.model_dump(exclude_none=True) == {
        "prompt_tokens": 12,
        "completion_tokens": 7,
        "total_tokens": 19,
        "prompt_tokens_details": {"cached_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def test_a_whole_answer_has_the_same() -> None:
    found = completed(ANSWER)
    choice = found.choices[0]
    assert choice.message.content == "Two sums: “é”"
    assert choice.message.model_extra == {"reasoning_content": "Hm", "reasoning": "Hm"}
    assert [call.id for call in choice.message.tool_calls or ()] == [call.id for call in CALLS]
    assert choice.finish_reason == "tool_calls"
    assert found.usage
    assert found.usage.total_tokens == 19


@pytest.mark.parametrize(
    ("ended", "told"),
    [("stop", "stop"), ("length", "length"), ("loop", "length"), ("time", "length"), ("full", "length")],
)
def test_an_answer_that_was_cut_says_so_and_what_it_took(ended: FinishReason, told: str) -> None:
    found = completed((TextDelta("a"), Finished(ended, USAGE)))
    assert (found.choices[0].finish_reason, found.usage and found.usage.completion_tokens) == (told, 7)


def test_who_wants_one_call_gets_the_first() -> None:
    found = completed(ANSWER, parallel_tool_calls=False).choices[0].message.tool_calls
    assert found
    assert [call.id for call in found] == ["abcdefghi"]
    calls = [
        c for chunk in streamed(ANSWER, parallel_tool_calls=False) for c in chunk.choices[0].delta.tool_calls or ()
    ]
    assert [call.index for call in calls] == [0]


def test_a_call_alone_has_no_content_and_an_empty_answer_an_empty_one() -> None:
    assert completed((CALLS[0], Finished("tool_calls"))).choices[0].message.content is None
    assert completed((Finished("stop"),)).choices[0].message.content == ""
    assert [chunk.choices[0].finish_reason for chunk in streamed((Finished("stop"),))] == [None, "stop"]


def token(text: bytes, logprob: float = -0.5) -> TokenLogprob:
    return TokenLogprob(text, logprob, ((text, logprob), (b"\xc3", float("-inf"))))


def test_each_token_is_told_with_the_text_that_is_its() -> None:
    told = (
        Logprobs((token(b"a"),)), TextDelta("a"), Logprobs((token(b"\xc3"),)), Logprobs((token(b"\xa9b"),)),
        TextDelta("éb"), Logprobs((token(b"c"),)), Logprobs((token(b"END"),)), TextDelta("c"), Finished("stop"),
    )  # fmt: skip
    found = streamed(told, logprobs=True, top_logprobs=2)
    pairs = [
        (choice.delta.content, [bytes(one.bytes or ()) for one in choice.logprobs.content or ()])
        for choice in (chunk.choices[0] for chunk in found)
        if choice.logprobs
    ]
    assert pairs == [("a", [b"a"]), ("éb", [b"\xc3", b"\xa9b"]), ("c", [b"c"])]  # and not the stop text's
    first = completed(told, logprobs=True).choices[0].logprobs
    assert first
    assert first.content
    assert [likely.logprob for likely in first.content[0].top_logprobs] == [-0.5, -9999.0]


def test_a_server_that_tells_none_is_named_before_anything_is_sent() -> None:
    answer = chunks(iter((TextDelta("a"), Finished("stop"))), ReplyOptions(stream=True, logprobs=True))
    with pytest.raises(ApiError) as refused:
        next(answer)
    assert (refused.value.status, refused.value.param) == (400, "logprobs")


def test_what_the_app_has_to_say_of_an_answer_is_told_beside_it() -> None:
    events = (TextDelta("a"), Finished("stop", None, "The JSON Schema couldn't be enforced."))
    body = json.loads(b"".join(whole(iter(events), ReplyOptions())))
    assert body["note"] == "The JSON Schema couldn't be enforced."
