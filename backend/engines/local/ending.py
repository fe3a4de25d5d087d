"""How an answer of the model in this process ends: its tool calls, the reason, what it cost, what is said beside it."""

from collections.abc import Generator

from mistral_common.tokens.tokenizers.base import SpecialTokenPolicy

from backend.chat.messages import AssistantMessage, Finished, FinishReason, Usage
from backend.chat.request import ChatRequest, Event
from backend.engines.local.loading import LoadedModel
from backend.engines.local.output.schema_check import SchemaCheck
from backend.engines.local.output.streamer import TokenStreamer, parse_calls
from backend.sandbox.pool import Busy
from backend.tokenization.tokenizer import Prompt


def ending(
    loaded: LoadedModel, prompt: Prompt, streamer: TokenStreamer, asked_at: float, note: str
) -> Generator[Event, None, None]:
    """The tool calls, and why the answer ended."""
    ended = streamer.ended_by_model or streamer.stop_text.found
    calls = parse_calls(streamer.call_ids, loaded.tekken, cut_off=not ended)
    yield from calls
    reason = _reason(streamer, bool(calls))
    first = None if streamer.first_token_at is None else streamer.first_token_at - asked_at
    images = loaded.count_image_tokens(prompt)
    usage = Usage(
        len(prompt.tokens),
        images,
        streamer.new_tokens,
        first,
        streamer.tokens_per_second,
        streamer.reused_tokens,
    )
    yield Finished(reason, usage, note)


def unenforced(request: ChatRequest, streamer: TokenStreamer, trials: SchemaCheck) -> str:
    """What the person is told of an answer for which no grammar could be had: whether it fits by itself."""
    if not request.settings.json_schema or streamer.call_ids:
        return "The tools' schemas cannot be enforced here; calls are checked when they are run."
    last = request.messages[-1]
    begun = last.text if request.continues and isinstance(last, AssistantMessage) else ""
    text = begun + streamer.tekken.decode(streamer.answer_ids, SpecialTokenPolicy.IGNORE)
    try:
        why = trials.misfit(request.settings.json_schema, text)
    except Busy as error:
        why = str(error)
    fits = f"this answer was not seen to fit it: {why}" if why else "this answer fits it"
    return f"The schema could not be enforced; {fits}."


def _reason(streamer: TokenStreamer, called: bool) -> FinishReason:
    if streamer.ended_by_model or streamer.stop_text.found:
        return "tool_calls" if called else "stop"
    if streamer.loops.found:
        return "loop"
    return "time" if streamer.timed_out else "length"
