"""From the model's token ids to pieces of text and of thoughts, and the ids of tool calls.

Special tokens are ids and never text, so none can be forged.
"""

import codecs
from collections.abc import Callable
from queue import SimpleQueue
from typing import cast

import torch
from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy, SpecialTokens
from transformers import PreTrainedTokenizerBase, TextIteratorStreamer

from backend.chat.request import Logprobs, Scored, ThoughtDelta
from backend.chat.scores import SURE, TokenLogprob, TokenScore
from backend.engines.local.output.scoring import Scoring
from backend.engines.local.output.stop_strings import StopStrings
from backend.tokenization.tokenizer import Tokenizer


class TokenStreamer(TextIteratorStreamer):
    """Text goes out as soon as its characters are whole; ids from the first [TOOL_CALLS] on are kept in `call_ids`.

    What stands between [THINK] and [/THINK] goes out as ThoughtDelta. Stop texts end the answer, not a thought.
    The stock streamer decodes the whole line again for every token, holds back text without spaces,
    drops or prints special tokens, and never ends when `generate` raises. Its Queue takes the interpreter's lock to and
    fro between its two threads so often that a token cost a millisecond more (two cores); SimpleQueue does not.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        stop_strings: StopStrings | None = None,
        forced: tuple[int, ...] = (),
        on_token: Callable[[int], None] = lambda _: None,
        scoring: Scoring | None = None,
        in_thought: bool = False,
    ) -> None:
        """`forced` are ids of a tool call that the prompt ends with, for the model to complete; `in_thought`, that it
        ends within a thought.

        `on_token` is told of each new token before its text goes out, in the thread that generates. `scoring` knows
        how sure the model was of it: what it was not sure of goes out as Scored, before its text does, or of every
        token as Logprobs.
        """
        super().__init__(cast(PreTrainedTokenizerBase, tokenizer), skip_prompt=True)
        self.text_queue = SimpleQueue()  # type: ignore[assignment]
        self.call_ids: list[int] = list(forced)
        self.answer_ids: list[int] = []  # those of the text alone
        self._tekken = tokenizer.tekken
        self._stop_strings = stop_strings or StopStrings(())
        self._on_token = on_token
        self._scoring = scoring
        self._length = 0  # characters of the text, those held back among them
        self._call_token = tokenizer.special_id(SpecialTokens.tool_calls)
        self._begin_thought = tokenizer.special_id(SpecialTokens.begin_think)
        self._end_thought = tokenizer.special_id(SpecialTokens.end_think)
        self._thinking, self._thought = in_thought, False  # whether a thought is under way, and whether there was one
        self.thought_tokens = 0  # those within thoughts
        # A broken byte sequence is the model's; it is left out rather than shown as a replacement character.
        self._utf8 = codecs.getincrementaldecoder("utf-8")(errors="ignore")
        self._ended = False

    def put(self, value: torch.Tensor) -> None:
        """Takes the prompt first, of shape (1, length), then each new token, of shape (1,)."""
        if self.next_tokens_are_prompt:
            self.next_tokens_are_prompt = False
            return
        for token in value.tolist():
            self._on_token(token)
            self._take(token)

    def _take(self, token: int) -> None:
        if self.call_ids or token == self._call_token:
            self.call_ids.append(token)
        elif token in (self._begin_thought, self._end_thought):
            self._turn_to(thinking=token == self._begin_thought)
        elif self._thinking and token != self._tekken.eos_id:
            self.thought_tokens += 1
            self._think(self._decoded(token))
        else:
            self.answer_ids.append(token)
            piece = self._decoded(token)
            self._score(token, piece)
            self._length += len(piece)
            if text := self._stop_strings.pass_on(piece):
                self.on_finalized_text(text)

    def _score(self, token: int, piece: str) -> None:
        """Tells how sure the model was of a token of the text that adds this piece; not of where the answer ends."""
        if self._scoring is None or not self._bytes(token):
            return
        if found := self._scoring.logprobs(token):
            top = tuple((self._bytes(id_), likely) for id_, likely in found[1])
            self.text_queue.put(Logprobs((TokenLogprob(self._bytes(token), found[0], top),)))
            return
        if not (doubt := self._scoring.doubt(token)):
            return
        if doubt.probability >= SURE and self._length:
            return
        alternatives = ((self._alternative(id_), round(likely, 4)) for id_, likely in doubt.others)
        known = tuple((text, likely) for text, likely in alternatives if text is not None)
        self.text_queue.put(Scored((TokenScore(self._length, piece, round(doubt.probability, 4), known),)))

    def _alternative(self, token: int) -> str | None:
        """The text of a token that could have come; "" of the answer's end, None of what is no text by itself."""
        if token == self._tekken.eos_id:
            return ""
        try:
            return self._bytes(token).decode() or None
        except UnicodeDecodeError:  # a part of a character
            return None

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
        return self._utf8.decode(self._bytes(token))

    def _bytes(self, token: int) -> bytes:
        """Of the token's text; none of a special one."""
        return self._tekken.id_to_byte_piece(token, SpecialTokenPolicy.IGNORE)

    def end(self) -> None:
        """Ends the stream, once: `generate` calls this, and so does the worker, for the case that `generate` raised."""
        if not self._ended:
            self._ended = True
            if rest := self._stop_strings.rest():
                self.text_queue.put(rest)
            self.text_queue.put(self.stop_signal)
