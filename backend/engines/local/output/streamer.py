"""From the model's token ids to text, thoughts and tool calls.

Special tokens are ids and never text, so none can be forged.
"""

import codecs
import json
import re
import time
from queue import SimpleQueue
from typing import cast

import torch
from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy, SpecialTokens, TokenizerVersion
from mistral_common.tokens.tokenizers.tekken import Tekkenizer
from transformers import PreTrainedTokenizerBase, TextIteratorStreamer

from backend.chat.messages import ToolCall
from backend.chat.request import ThoughtDelta, new_call_id
from backend.engines.local.output.repetition import RepetitionDetector
from backend.engines.local.output.stop_strings import StopStrings

UNNAMED = "unnamed_tool"


class TokenStreamer(TextIteratorStreamer):
    """Text goes out as soon as its characters are whole; ids from the first [TOOL_CALLS] on are kept for parse_calls.

    What stands between [THINK] and [/THINK] goes out as ThoughtDelta. Stop texts end the answer, not a thought.
    The stock streamer decodes the whole line again for every token, holds back text without spaces,
    drops or prints special tokens, and never ends when `generate` raises. Its Queue takes the interpreter's lock to and
    fro between its two threads so often that a token cost a millisecond more (two cores); SimpleQueue does not.
    """

    def __init__(self, tokenizer: Tekkenizer, stops: tuple[str, ...] = (), forced: tuple[int, ...] = ()) -> None:
        """`forced` are ids of a tool call that the prompt ends with, for the model to complete."""
        super().__init__(cast(PreTrainedTokenizerBase, tokenizer), skip_prompt=True)
        self.text_queue = SimpleQueue()  # type: ignore[assignment]
        self.tekken = tokenizer
        self.stop_text = StopStrings(stops)
        self.call_ids: list[int] = list(forced)
        self.new_tokens = 0
        self.first_token_at: float | None = None
        self.last_token_at: float | None = None
        self.ended_by_model = False
        self.loops = RepetitionDetector()
        self.ids: list[int] = []
        self.answer_ids: list[int] = []  # those of the text alone
        self.reused_tokens = 0
        self.timed_out = False
        self._call_token = special_id(tokenizer, SpecialTokens.tool_calls)
        self._begin_thought = special_id(tokenizer, SpecialTokens.begin_think)
        self._end_thought = special_id(tokenizer, SpecialTokens.end_think)
        self._thinking = self._thought = False  # whether a thought is under way, and whether there was one
        # A broken byte sequence is the model's; it is left out rather than shown as a replacement character.
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        self._ended = False

    def put(self, value: torch.Tensor) -> None:
        """Takes the prompt first, of shape (1, length), then each new token, of shape (1,)."""
        if self.next_tokens_are_prompt:
            self.next_tokens_are_prompt = False
            return
        self.last_token_at = time.perf_counter()
        self.first_token_at = self.first_token_at or self.last_token_at
        for token in value.tolist():
            self._take(token)

    def _take(self, token: int) -> None:
        self.new_tokens += 1
        self.ids.append(token)
        self.loops.add(token)
        self.ended_by_model = token == self.tekken.eos_id
        if self.call_ids or token == self._call_token:
            self.call_ids.append(token)
        elif token in (self._begin_thought, self._end_thought):
            self._turn_to(thinking=token == self._begin_thought)
        elif self._thinking:
            self._think(self._decoded(token))
        else:
            self.answer_ids.append(token)
            if text := self.stop_text.pass_on(self._decoded(token)):
                self.on_finalized_text(text)

    def _turn_to(self, thinking: bool) -> None:
        """A thought begins or ends, and with it what a character may have lacked."""
        self._thinking = thinking
        self._utf8.reset()
        if thinking and self._thought:
            self._think("\n\n")

    def _think(self, text: str) -> None:
        if text:
            self._thought = True
            self.text_queue.put(ThoughtDelta(text))

    def _decoded(self, token: int) -> str:
        return self._utf8.decode(self.tekken.id_to_byte_piece(token, SpecialTokenPolicy.IGNORE))

    def end(self) -> None:
        """Ends the stream, once: `generate` calls this, and so does the worker, for the case that `generate` raised."""
        if not self._ended:
            self._ended = True
            if rest := self.stop_text.rest():
                self.text_queue.put(rest)
            self.text_queue.put(self.stop_signal)

    @property
    def tokens_per_second(self) -> float | None:
        """New tokens per second, from the first to the last."""
        if self.first_token_at is None or self.last_token_at is None or self.last_token_at <= self.first_token_at:
            return None
        return (self.new_tokens - 1) / (self.last_token_at - self.first_token_at)


def forced_ids(choice: str, tokenizer: Tekkenizer) -> tuple[int, ...]:
    """The ids that an answer has to begin with so that a tool, or the tool of this name, is called; none for "auto"."""
    begin = special_id(tokenizer, SpecialTokens.tool_calls)
    if choice == "auto" or begin is None:
        return ()
    if choice == "required":
        return (begin,)
    if tokenizer.version <= TokenizerVersion.v7:
        return (begin, *tokenizer.encode(f'[{{"name": "{choice}", "arguments": {{', bos=False, eos=False))
    arguments = special_id(tokenizer, SpecialTokens.args)
    name = tokenizer.encode(choice, bos=False, eos=False)
    return (begin, *name) if arguments is None else (begin, *name, arguments)


def special_id(tokenizer: Tekkenizer, token: SpecialTokens) -> int | None:
    """The id of a special token, or None where this tokenizer has none of that name."""
    return tokenizer.get_special_token(token.value) if tokenizer.is_special(token.value) else None


def parse_calls(ids: list[int], tokenizer: Tekkenizer, cut_off: bool = False) -> tuple[ToolCall, ...]:
    """The tool calls in `ids`, which begin with [TOOL_CALLS]; each gets a fresh id. Never raises.

    A malformed call keeps what the model wrote, for the toolbox to answer with an error.
    With `cut_off`, a last call without whole arguments is left out.
    Formats, from mistral_common.experimental.tools: up to v7 one JSON list, `[TOOL_CALLS][{"name", "arguments"}]`;
    from v11 on `[TOOL_CALLS]name[CALL_ID]id[ARGS]{...}` or the same without [CALL_ID], repeated.
    """
    if not ids:
        return ()
    if tokenizer.version <= TokenizerVersion.v7:
        calls = _from_list(tokenizer.decode(ids, SpecialTokenPolicy.IGNORE))
    else:
        calls = [_from_segment(segment, tokenizer) for segment in _split(ids, ids[0])]
    if cut_off and calls and not _is_json(calls[-1].arguments):
        calls = calls[:-1]
    return tuple(calls)


def _split(ids: list[int], separator: int) -> list[list[int]]:
    starts = [index for index, token in enumerate(ids) if token == separator]
    return [ids[start + 1 : end] for start, end in zip(starts, [*starts[1:], len(ids)], strict=True)]


def _from_segment(ids: list[int], tokenizer: Tekkenizer) -> ToolCall:
    name_ids, arguments_ids = _partition(ids, special_id(tokenizer, SpecialTokens.args))
    name_ids, id_ids = _partition(name_ids, special_id(tokenizer, SpecialTokens.call_id))
    name = tokenizer.decode(name_ids, SpecialTokenPolicy.IGNORE)
    arguments = tokenizer.decode(arguments_ids, SpecialTokenPolicy.IGNORE)
    if not arguments_ids:  # no [ARGS]: the arguments, if any, begin at the brace
        name, brace, rest = (name + tokenizer.decode(id_ids, SpecialTokenPolicy.IGNORE)).partition("{")
        arguments = brace + rest
    return _call(name, arguments)


def _partition(ids: list[int], separator: int | None) -> tuple[list[int], list[int]]:
    if separator not in ids:
        return ids, []
    at = ids.index(separator)
    return ids[:at], ids[at + 1 :]


def _from_list(text: str) -> list[ToolCall]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return [_call(UNNAMED, text)]
    entries = entries if isinstance(entries, list) else [entries]
    return [
        _call(str(entry.get("name", "")), _text(entry.get("arguments")))
        if isinstance(entry, dict)
        else _call(UNNAMED, text)
        for entry in entries
    ]


def _text(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _call(name: str, arguments: str) -> ToolCall:
    """A call with a name that the protocol takes back: [a-zA-Z0-9_-], at most 64 characters."""
    clean = re.sub(r"[^a-zA-Z0-9_-]", "_", name.strip())[:64]
    return ToolCall(new_call_id(), clean or UNNAMED, arguments.strip())


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
