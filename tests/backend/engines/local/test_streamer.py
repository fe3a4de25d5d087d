"""From token ids to text and tool calls."""

import random
import re
from collections.abc import Callable

import pytest
import torch

from backend.chat.messages import ToolCall
from backend.chat.request import ThoughtDelta
from backend.engines.local.output.stop_strings import StopStrings
from backend.engines.local.output.streamer import TokenStreamer
from backend.engines.local.output.tool_calls import UNNAMED, parse_calls, text_after
from backend.tokenization.tokenizer import Tokenizer
from tests.support.marked import ids

TEXTS = [
    "Plain words, one after the other.",
    "👩‍👩‍👧‍👦 and 🏳️‍🌈 and 🤦🏽‍♂️",
    "🇫🇷🇯🇵🇹🇭",
    "สวัสดีครับ น้ำใจ",
    "吾輩は猫である。名前はまだ無い。",
    "e\u0301 — naïve “quotes” ½ ∑ 𝔐",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "https://example.org/a/very/long_path?with=query&and=more#fragment",
    "\tif x:\n\t\treturn\t\t1\r\n   \n",
    "[TOOL_CALLS]typed[ARGS]{} </s> <s>",
]

TokenizerOf = Callable[[str], Tokenizer]


def begun(tokenizer: Tokenizer, stops: tuple[str, ...] = ()) -> TokenStreamer:
    """A streamer that was given a prompt."""
    streamer = TokenStreamer(tokenizer, StopStrings(stops))
    streamer.put(torch.tensor([tokenizer.text_ids("A prompt is never shown.")]))
    return streamer


def stream(tokens: list[int], tokenizer: Tokenizer) -> tuple[TokenStreamer, list[str]]:
    """A streamer that was given a prompt and then these tokens, and what it gave out after each of them."""
    streamer = begun(tokenizer)
    shown = []
    for token in tokens:
        streamer.put(torch.tensor([token]))
        shown.append("".join(streamer.text_queue.get_nowait() for _ in range(streamer.text_queue.qsize())))
    return streamer, shown


def longest_silence(shown: list[str]) -> int:
    """The most tokens in a row after which nothing was shown."""
    return max(map(len, "".join("x" if text else "." for text in shown).split("x")))


def parsed(text: str, tokenizer: Tokenizer, cut_off: bool = False) -> list[tuple[str, str]]:
    calls = parse_calls(ids(text, tokenizer), tokenizer, cut_off)
    assert len({call.id for call in calls}) == len(calls)
    assert all(is_sendable(call) for call in calls)
    return [(call.name, call.arguments) for call in calls]


def is_sendable(call: ToolCall) -> bool:
    """Whether the protocol takes the id and the name back."""
    return bool(re.fullmatch(r"[a-zA-Z0-9]{9}", call.id) and re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", call.name))


@pytest.mark.parametrize("text", TEXTS)
def test_text_goes_out_at_once_in_whole_characters(text: str, demo_tokenizer: Tokenizer) -> None:
    tokens = demo_tokenizer.text_ids(text)
    streamer, shown = stream(tokens, demo_tokenizer)
    assert "".join(shown) == demo_tokenizer.decode(tokens) == text
    assert "\ufffd" not in "".join(shown)
    assert longest_silence(shown) <= 4
    assert streamer.answer_ids == tokens
    assert not streamer.call_ids


@pytest.mark.parametrize("broken", ["👩", "ไ", "é"])
def test_bytes_that_are_no_character_are_left_out(broken: str, demo_tokenizer: Tokenizer) -> None:
    first_byte = (
        demo_tokenizer.tekken.num_special_tokens + broken.encode()[0]
    )  # the vocabulary begins with the single bytes
    _, shown = stream([first_byte, *demo_tokenizer.text_ids("Fine"), first_byte], demo_tokenizer)
    assert "".join(shown) == "Fine"


def test_special_tokens_are_never_shown(demo_tokenizer: Tokenizer) -> None:
    _, shown = stream(ids("One[INST][IMG][ARGS] two</s>", demo_tokenizer), demo_tokenizer)
    assert "".join(shown) == "One two"


def thought_and_answer(
    told: str | list[int], tokenizer: Tokenizer, stops: tuple[str, ...] = ()
) -> tuple[str, str, TokenStreamer]:
    streamer = begun(tokenizer, stops)
    for token in ids(told, tokenizer) if isinstance(told, str) else told:
        streamer.put(torch.tensor([token]))
    streamer.end()
    pieces = list(iter(streamer.text_queue.get_nowait, streamer.stop_signal))
    thought = "".join(piece.text for piece in pieces if isinstance(piece, ThoughtDelta))
    return thought, "".join(piece for piece in pieces if isinstance(piece, str)), streamer


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("[THINK]Two and two…[/THINK]Four: é.</s>", "Two and two…", "Four: é."),
        ("[THINK]It never en", "It never en", ""),
        ("[THINK][/THINK]Four.", "", "Four."),
        ("First. [THINK]Hm.[/THINK]Then.[THINK]And?[/THINK] Last.", "Hm.\n\nAnd?", "First. Then. Last."),
        ("Four.[/THINK] Five.", "", "Four. Five."),
    ],
    ids=["thought and answer", "cut off", "an empty one", "several", "an end without a beginning"],
)
def test_a_thought_is_apart_from_the_answer(
    text: str, thought: str, answer: str, thinking_tokenizer: Tokenizer
) -> None:
    found = thought_and_answer(text, thinking_tokenizer)
    assert found[:2] == (thought, answer)
    assert thinking_tokenizer.decode(found[2].answer_ids) == answer


def test_typed_marks_of_a_thought_are_text(thinking_tokenizer: Tokenizer) -> None:
    typed = thinking_tokenizer.text_ids("[THINK]no[/THINK] thought")
    assert "".join(stream(typed, thinking_tokenizer)[1]) == "[THINK]no[/THINK] thought"


def test_a_character_that_a_thought_leaves_unfinished_does_not_reach_into_the_answer(
    thinking_tokenizer: Tokenizer,
) -> None:
    first, second = (thinking_tokenizer.tekken.num_special_tokens + byte for byte in "é".encode())
    begin, end = ids("[THINK][/THINK]", thinking_tokenizer)
    tokens = [begin, first, end, second, *ids("Four.", thinking_tokenizer)]
    assert thought_and_answer(tokens, thinking_tokenizer)[:2] == ("", "Four.")


def test_stop_texts_are_the_answers_and_a_call_ends_a_thought(thinking_tokenizer: Tokenizer) -> None:
    thought, answer, _ = thought_and_answer("[THINK]a STOP b[/THINK]c STOP d", thinking_tokenizer, ("STOP",))
    assert (thought, answer) == ("a STOP b", "c ")
    thought, answer, streamer = thought_and_answer("[THINK]Look.[TOOL_CALLS]look[ARGS]{}</s>", thinking_tokenizer)
    assert (thought, answer) == ("Look.", "")
    assert [call.name for call in parse_calls(streamer.call_ids, thinking_tokenizer)] == ["look"]


def test_text_before_a_call_is_shown_and_the_call_is_not(demo_tokenizer: Tokenizer) -> None:
    before, call = (
        ids("Let me see: ", demo_tokenizer),
        ids('[TOOL_CALLS]look[ARGS]{"at": "é"}[TOOL_CALLS]b</s>', demo_tokenizer),
    )
    streamer, shown = stream(before + call, demo_tokenizer)
    assert "".join(shown) == "Let me see: "
    assert streamer.call_ids == call


def test_the_stream_ends_once_however_often_it_is_ended(demo_tokenizer: Tokenizer) -> None:
    streamer, _ = stream([], demo_tokenizer)
    streamer.end()
    streamer.end()
    assert list(streamer) == []
    assert streamer.text_queue.empty()


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("", []),
        ('[TOOL_CALLS]look[ARGS]{"at": "a cat"}</s>', [("look", '{"at": "a cat"}')]),
        ('[TOOL_CALLS]look[CALL_ID]abcdefghi[ARGS]{"at": 1}</s>', [("look", '{"at": 1}')]),
        ("[TOOL_CALLS]a[ARGS]{}[TOOL_CALLS]b[CALL_ID]abcdefghi[ARGS]{}", [("a", "{}"), ("b", "{}")]),
        ('[TOOL_CALLS]look{"at": 1}</s>', [("look", '{"at": 1}')]),
        ("[TOOL_CALLS]look[ARGS]</s>", [("look", "")]),
        ("[TOOL_CALLS]look</s>", [("look", "")]),
        ('[TOOL_CALLS]look[ARGS]{"at": </s>', [("look", '{"at":')]),
        ("[TOOL_CALLS]look[ARGS]not JSON", [("look", "not JSON")]),
        ("[TOOL_CALLS] loök.at me [ARGS]{}", [("lo_k_at_me", "{}")]),
        (f"[TOOL_CALLS]{'x' * 99}[ARGS]{{}}", [("x" * 64, "{}")]),
        ("[TOOL_CALLS][ARGS]{}", [(UNNAMED, "{}")]),
        ("[TOOL_CALLS]", [(UNNAMED, "")]),
    ],
)
@pytest.mark.parametrize("version", ["v11", "v13"])
def test_calls_are_read_as_the_model_wrote_them(
    version: str, text: str, calls: list[tuple[str, str]], tokenizer_of: TokenizerOf
) -> None:
    assert parsed(text, tokenizer_of(version)) == calls


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ('[TOOL_CALLS][{"name": "look", "arguments": {"at": "é"}}]</s>', [("look", '{"at": "é"}')]),
        (
            '[TOOL_CALLS][{"name": "a", "arguments": {}}, {"name": "b", "arguments": "{}", "id": "abcdefghi"}]',
            [("a", "{}"), ("b", "{}")],
        ),
        ('[TOOL_CALLS]{"name": "look", "arguments": {}}', [("look", "{}")]),
        ('[TOOL_CALLS][{"name": "lo ok", "arguments": {}}]', [("lo_ok", "{}")]),
        ('[TOOL_CALLS][{"arguments": {}}]', [(UNNAMED, "{}")]),
        ("[TOOL_CALLS]look around", [(UNNAMED, "look around")]),
        ("[TOOL_CALLS][]", []),
        ("[TOOL_CALLS][1]", [(UNNAMED, "[1]")]),
    ],
)
def test_calls_of_the_older_protocol_are_one_list(
    text: str, calls: list[tuple[str, str]], tokenizer_of: TokenizerOf
) -> None:
    assert parsed(text, tokenizer_of("v7")) == calls


@pytest.mark.parametrize(
    ("version", "text", "names"),
    [
        ("v11", '[TOOL_CALLS]a[ARGS]{}[TOOL_CALLS]b[ARGS]{"at": ', ["a"]),
        ("v11", "[TOOL_CALLS]a[ARGS]{}[TOOL_CALLS]b[ARGS]{}", ["a", "b"]),
        ("v11", "[TOOL_CALLS]a[ARGS]{[TOOL_CALLS]b[ARGS]{}", ["a", "b"]),
        ("v11", "[TOOL_CALLS]a", []),
        ("v7", '[TOOL_CALLS][{"name": "a", "argu', []),
        ("v7", '[TOOL_CALLS][{"name": "a", "arguments": {}}]', ["a"]),
    ],
)
def test_a_call_that_was_cut_off_is_left_out(
    version: str, text: str, names: list[str], tokenizer_of: TokenizerOf
) -> None:
    assert [name for name, _ in parsed(text, tokenizer_of(version), cut_off=True)] == names


@pytest.mark.parametrize("version", ["v11", "v13"])
def test_an_id_that_no_arguments_mark_follows_is_no_part_of_the_name(version: str, tokenizer_of: TokenizerOf) -> None:
    text = '[TOOL_CALLS]look[CALL_ID]abc123def{"at": 1}[TOOL_CALLS]rest[CALL_ID]123456789'
    assert parsed(text, tokenizer_of(version)) == [("look", '{"at": 1}'), ("rest", "")]


def test_what_follows_a_list_of_calls_is_text_and_no_tool(tokenizer_of: TokenizerOf) -> None:
    tokenizer = tokenizer_of("v7")
    text = '[TOOL_CALLS][{"name": "look", "arguments": {"at": "]"}}] I look [1] now.</s>'
    assert parsed(text, tokenizer) == [("look", '{"at": "]"}')]
    assert text_after(ids(text, tokenizer), tokenizer) == "I look [1] now."
    assert text_after(ids('[TOOL_CALLS][{"name": "look"', tokenizer), tokenizer) == ""
    assert text_after(ids("[TOOL_CALLS]look[ARGS]{} And", tokenizer_of("v11")), tokenizer_of("v11")) == ""


@pytest.mark.parametrize("version", ["v7", "v11", "v13"])
def test_no_sequence_of_ids_breaks_the_parser_or_the_stream(version: str, tokenizer_of: TokenizerOf) -> None:
    tokenizer = tokenizer_of(version)
    rng = random.Random(11)
    specials = ids("[TOOL_CALLS][ARGS][CALL_ID]</s>", tokenizer)
    for _ in range(300):
        pool = [rng.choice(specials), rng.randrange(tokenizer.tekken.n_words), *ids('{"a": [1', tokenizer)]
        tokens = [rng.choice([*pool, rng.randrange(tokenizer.tekken.n_words)]) for _ in range(rng.randrange(30))]
        calls = parse_calls(specials[:1] + tokens, tokenizer, cut_off=rng.random() < 0.5)
        assert all(is_sendable(call) for call in calls), tokens
        assert "\ufffd" not in "".join(stream(tokens, tokenizer)[1]), tokens
