"""One answer of the model in this process: what it is asked, how far it is, what ends it, and how it closes."""

import threading
import time
from collections.abc import Collection, Generator, Sequence
from dataclasses import replace

import torch
from transformers import GenerationConfig, StoppingCriteria

from backend.chat.errors import RequestTooLong
from backend.chat.messages import AssistantMessage, Finished, FinishReason, Usage
from backend.chat.parts import BETWEEN_TEXTS
from backend.chat.request import ChatRequest, Event, TextDelta
from backend.chat.settings import GenerationSettings
from backend.chat.thoughts import is_unfinished
from backend.engines.local.loading import LoadedModel
from backend.engines.local.output.grammar import GrammarProcessor
from backend.engines.local.output.repetition import RepetitionDetector
from backend.engines.local.output.schema_check import ANSWER, SchemaCheck
from backend.engines.local.output.scoring import Scoring
from backend.engines.local.output.stop_strings import StopStrings
from backend.engines.local.output.streamer import TokenStreamer
from backend.engines.local.output.tool_calls import forced_ids, parse_calls, text_after
from backend.engines.local.prefill import Interrupted
from backend.sandbox.pool import Busy
from backend.tokenization.tokenizer import Prompt, Tokenizer


class Generation(StoppingCriteria):
    """Made by the thread that asks, run by the model's worker, and closed by the one that asked.

    To `generate` it is what says, after each token, whether to stop. `ids` are the new tokens, `reused_tokens` how many
    of the prompt's are not computed anew; times are those of time.perf_counter, in seconds.
    """

    def __init__(
        self,
        loaded: LoadedModel,
        request: ChatRequest,
        grammar: GrammarProcessor | None,
        asked_at: float,
        max_seconds: float,
    ) -> None:
        """`max_seconds` count from when the model begins. Raises RequestRejected where the prompt is no prompt, or
        longer than the model's context."""
        self.loaded, self.request, self.grammar = loaded, request, grammar
        tokenizer = loaded.tokenizer
        is_forced = request.tools and not grammar and not request.continues
        forced = forced_ids(request.tool_choice, tokenizer) if is_forced else ()
        prompt = tokenizer.encode(request)
        self.prompt = replace(prompt, tokens=[*prompt.tokens, *forced])
        self.settings = fitting(request.settings, self.prompt, loaded.checkpoint.context)
        self.ids: list[int] = []
        self.reused_tokens = 0
        self._max_seconds = max_seconds
        self._asked_at = asked_at
        self._begun_at: float | None = None
        self._first_token_at: float | None = None
        self._last_token_at: float | None = None
        self._doing = "Reading…"
        self._cancelled = threading.Event()
        self._timed_out = False
        self._repetition = RepetitionDetector()
        self._stop_strings = StopStrings(self.settings.stop)
        self.scoring = Scoring(request.logprobs) if request.is_scored or request.logprobs is not None else None
        in_thought = tokenizer.thinks and request.continues and is_unfinished(request.messages[-1])
        self.streamer = TokenStreamer(tokenizer, self._stop_strings, forced, self._count, self.scoring, in_thought)

    def begin(self, reused_tokens: int) -> None:
        """The worker begins with it now."""
        self.reused_tokens = reused_tokens
        self._begun_at = time.perf_counter()

    def looks_at(self, number: int, pictures: int) -> None:
        """The worker is at this one, counted from 1, of the pictures that are new. Raises Interrupted when over."""
        self._at(f"Looking at image {number} of {pictures}…" if pictures > 1 else "Looking at the image…")

    def has_read(self, tokens: int) -> None:
        """The worker goes on from so many of the prompt's tokens. Raises Interrupted when over."""
        self._at(f"Reading… {100 * tokens // len(self.prompt.tokens)}%")

    def _at(self, doing: str) -> None:
        if self.is_over():
            raise Interrupted
        self._doing = doing

    def cancel(self) -> None:
        """Nobody waits for it any more: it ends at the model's next step, piece of the prompt or picture."""
        self._cancelled.set()

    def is_over(self) -> bool:
        """Whether no further token is wanted."""
        self._timed_out = self.seconds > self._max_seconds
        return self._cancelled.is_set() or self._stop_strings.found or self._repetition.found or self._timed_out

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **_: object) -> torch.BoolTensor:
        """One flag for each row of `input_ids`, which is of shape (batch, length)."""
        return torch.full((input_ids.shape[0],), self.is_over(), dtype=torch.bool, device=input_ids.device)  # type: ignore[return-value]

    @property
    def seconds(self) -> float:
        """Since the worker began with it; 0 before."""
        return 0.0 if self._begun_at is None else time.perf_counter() - self._begun_at

    @property
    def status(self) -> str:
        """What the model is doing while no text comes, in a few words for the person; "" where it writes."""
        if self.ids:
            return "Writing a tool call…" if self.streamer.call_ids else ""
        return self._doing

    @property
    def is_complete(self) -> bool:
        """Whether the answer has its end: the model's own, or a stop text."""
        return self._stop_strings.found or self.ids[-1:] == [self.loaded.tokenizer.tekken.eos_id]

    @property
    def tokens_per_second(self) -> float | None:
        """New tokens per second, from the first to the last; None where there are not two."""
        if self._first_token_at is None or self._last_token_at is None or self._last_token_at <= self._first_token_at:
            return None
        return (len(self.ids) - 1) / (self._last_token_at - self._first_token_at)

    @property
    def usage(self) -> Usage:
        """What it has taken so far."""
        return Usage(
            len(self.prompt.tokens),
            sum(token in self.loaded.tokenizer.control.pictures for token in self.prompt.tokens),
            len(self.ids),
            None if self._first_token_at is None else self._first_token_at - self._asked_at,
            self.tokens_per_second,
            self.reused_tokens,
            self.streamer.thought_tokens,
        )

    def reason(self, called: bool) -> FinishReason:
        """Why it ended; `called` says whether with a tool call."""
        if self.is_complete:
            return "tool_calls" if called else "stop"
        if self._repetition.found:
            return "loop"
        return "time" if self._timed_out else "length"

    def closing(self, check: SchemaCheck | None) -> Generator[Event, None, None]:
        """The tool calls, and the end. `check` is given where not all of the schemas could be enforced."""
        calls = parse_calls(self.streamer.call_ids, self.loaded.tokenizer, cut_off=not self.is_complete)
        note = self._schema_note(check, [call.name for call in calls]) if check else ""
        if text := text_after(self.streamer.call_ids, self.loaded.tokenizer):
            yield TextDelta(f"{BETWEEN_TEXTS}{text}" if self.streamer.answer_ids else text)
        yield from calls
        yield Finished(self.reason(bool(calls)), self.usage, note)

    def _count(self, token: int) -> None:
        """Takes each new token from the streamer, in the worker."""
        self._last_token_at = time.perf_counter()
        self._first_token_at = self._first_token_at or self._last_token_at
        self.ids.append(token)
        self._repetition.add(token)

    def _schema_note(self, check: SchemaCheck, called: Sequence[str]) -> str:
        """What the person is told of an answer that no grammar, or one of a part, held: whether it fits by itself."""
        schema, held = self.settings.json_schema, self.grammar
        if held and (called or ANSWER not in held.left_out):
            names = ", ".join(name for name in dict.fromkeys(called) if name in held.left_out)
            return (
                f"A part of the schema of {names} couldn't be enforced; calls are checked when they run."
                if names
                else ""
            )
        if not schema or self.streamer.call_ids:
            return "Tool schemas aren't enforced by this model; calls are checked when they run."
        last = self.request.messages[-1]
        continued = last.text if self.request.continues and isinstance(last, AssistantMessage) else ""
        try:
            why = check.misfit(schema, continued + self.loaded.tokenizer.decode(self.streamer.answer_ids))
        except Busy as error:
            why = str(error)
        fits = f"and this answer may not match it: {why}" if why else "but this answer matches it"
        return f"{'A part of the' if held else 'The'} JSON Schema couldn't be enforced, {fits}."


def seed(settings: GenerationSettings) -> None:
    """An unseeded request draws a fresh seed, or it would go on from another visitor's."""
    torch.manual_seed(torch.seed() if settings.seed is None else settings.seed)


def generation_config(tokenizer: Tokenizer, settings: GenerationSettings) -> GenerationConfig:
    """Every sampling field is set, since `generate` fills unset ones from the checkpoint or with its own defaults.

    Its processors raise at a temperature or a penalty that is a whole number.
    """
    samples = settings.temperature > 0
    return GenerationConfig(
        do_sample=samples,
        temperature=float(settings.temperature) if samples else 1.0,  # the checkpoint's would be warned of when greedy
        top_p=float(settings.top_p) if samples else None,
        top_k=settings.top_k if samples else None,
        min_p=(float(settings.min_p) or None) if samples else None,
        max_new_tokens=settings.max_tokens,
        repetition_penalty=float(settings.repetition_penalty),
        bos_token_id=tokenizer.tekken.bos_id,
        eos_token_id=tokenizer.tekken.eos_id,
        pad_token_id=tokenizer.tekken.pad_id,
    )


def fitting(settings: GenerationSettings, prompt: Prompt, context: int) -> GenerationSettings:
    """The settings with no more new tokens than the context has room for. Raises RequestTooLong where it has none."""
    room = context - len(prompt.tokens)
    if room < 1:
        raise RequestTooLong(
            f"This chat has {len(prompt.tokens):,} tokens, and the model reads up to {context:,}. "
            "Shorten your message, undo the last turn, or start a new chat."
        )
    return replace(settings, max_tokens=min(settings.max_tokens, room))


def in_line(ahead: int, durations: Collection[float]) -> str:
    """What somebody is told who waits for others, which will take as long as the last ones did."""
    number = ahead + 1
    ending = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    seconds = ahead * sum(durations) / len(durations) if durations else 0
    return f"You're {number}{ending} in line" + (f" · about {max(1, round(seconds))} s" if durations else "")
