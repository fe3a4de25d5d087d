"""The one tool loop: ask the model, run the tools that it calls, ask again. Names no engine and no tool."""

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace

from backend.chat.context import apply_policy, with_tool_pictures
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    Message,
    ToolCall,
    ToolMessage,
    ToolResult,
    UserMessage,
)
from backend.chat.parts import Image
from backend.chat.request import ChatRequest, Event, Scored, TextDelta, ThoughtDelta, Waiting
from backend.chat.scores import MAX_SCORES, fitting, moved
from backend.chat.thoughts import thoughts_as_sent
from backend.engines.engine import Engine
from backend.tools.toolbox import Toolbox

Stream = Generator[Conversation, None, Conversation]  # yields every state and returns the last one

MAX_ROUNDS = 8
MAX_REPEATS = 3
ROUNDS_NOTE = f"Tool use was turned off after {MAX_ROUNDS} rounds so the model could answer."
REPEATS_NOTE = f"The model repeated the same call {MAX_REPEATS} times, so tool use was turned off."
EMPTY_NOTE = "The model returned no answer. Regenerate it, or try rephrasing."
ENDING_NOTES = {
    "length": "Reached the length limit.",
    "loop": "Stopped because the model was repeating itself.",
    "time": "Reached the time limit.",
    "full": "The model's context is full.",
}
SAME_CALL = "Error: not run, because the same call was just made before. Answer with what you have."


def run_turn(
    engine: Engine, conversation: Conversation, request: ChatRequest, toolbox: Toolbox, max_rounds: int = MAX_ROUNDS
) -> Stream:
    """Answers the conversation's last message; yields the whole new conversation after every event.

    `request` gives the system prompt, the tools and the settings; its messages are the conversation's.
    Ends when the model has answered in words, or when calls are left open that a person has to answer.
    Raises EngineError; what was yielded before it stands.
    """
    if request.continues:
        conversation = _without_blanks_at_end(conversation)
    while True:
        if conversation.open_calls:
            conversation = yield from _run_tools(conversation, toolbox, images_seen(conversation.messages, request))
        if conversation.open_calls:
            return conversation
        note = _why_last_round(conversation, max_rounds)
        messages = messages_sent(conversation.messages, request)
        asked = replace(request, messages=messages, tools=() if note else request.tools)
        conversation = yield from _ask(engine, conversation, asked, note)
        request = replace(request, tool_choice="auto", continues=False)  # what was forced was forced once
        if not conversation.open_calls:
            return conversation


def messages_sent(messages: tuple[Message, ...], request: ChatRequest) -> tuple[Message, ...]:
    """What of these messages is sent: every call answered, trimmed as the request has it, tools' pictures shown."""
    read = thoughts_as_sent(messages, request.send_thoughts, request.continues)
    settled = Conversation(read).close_open_calls()
    return with_tool_pictures(apply_policy(settled, request.keep).messages)


def images_seen(messages: tuple[Message, ...], request: ChatRequest) -> tuple[Image, ...]:
    """The images of these messages in the order in which the model sees them, also those that tools made."""
    sent = messages_sent(messages, request)
    return tuple(image for message in sent if isinstance(message, UserMessage) for image in message.images)


def _without_blanks_at_end(conversation: Conversation) -> Conversation:
    """The conversation, whose last answer is to go on: mistral-common drops blanks there, and the model writes them."""
    match conversation.messages:
        case (*_, AssistantMessage(text) as last):
            text, thought = text.rstrip(" "), last.thought.rstrip(" ")
            return conversation.with_last(replace(last, text=text, thought=thought, scores=fitting(last.scores, text)))
    return conversation


def _ask(engine: Engine, before: Conversation, request: ChatRequest, note: str) -> Stream:
    """One answer. Calls are kept only where tools were offered or the loop may still go on, that is without `note`."""
    answer = AssistantMessage(without_tools=bool(note))
    if request.continues and isinstance(last := before.messages[-1], AssistantMessage):
        before, answer = Conversation(before.messages[:-1]), replace(last, note="", stats=None)
    begun, thinking = len(answer.text), _Thinking(answer.thought_seconds)
    with closing(engine.stream(request)) as events:
        for event in events:
            match event:
                case Waiting(status):
                    answer = replace(answer, note=status)
                case TextDelta(text):
                    answer = replace(answer, text=answer.text + text, note="")
                case ThoughtDelta(text):
                    answer = replace(answer, thought=answer.thought + text, note="")
                case Scored(scores) if len(answer.scores) < MAX_SCORES:
                    answer = replace(answer, scores=(*answer.scores, *moved(scores, begun)))
                case ToolCall() if not note:
                    answer = replace(answer, tool_calls=(*answer.tool_calls, event), note="")
                case Finished():
                    answer = _finished(answer, _ended(event, request), note)
            if (seconds := thinking.after(event)) != answer.thought_seconds:
                answer = replace(answer, thought_seconds=seconds)
            yield before.add(answer)
    return before.add(answer)


@dataclass
class _Thinking:
    """How long the model thought: from the first piece of a thought to what comes after its last."""

    seconds: float
    _since: float | None = None

    def after(self, event: Event) -> float:
        """The seconds by now."""
        now = time.perf_counter()
        if self._since is not None:
            self.seconds += now - self._since
        goes_on = self._since is not None and isinstance(event, Waiting)
        self._since = now if goes_on or isinstance(event, ThoughtDelta) else None
        return round(self.seconds, 1)


def _finished(answer: AssistantMessage, end: Finished, note: str) -> AssistantMessage:
    """The answer, with why and with what it ended."""
    is_empty = end.reason == "stop" and not answer.text.strip() and not answer.tool_calls
    ending = [note, EMPTY_NOTE if is_empty else ENDING_NOTES.get(end.reason, ""), end.note]
    return replace(
        answer,
        stats=end,
        note=" ".join(filter(None, ending)),
        thought_tokens=answer.thought_tokens + (end.usage.thought_tokens if end.usage else 0),
        scores=fitting(answer.scores, answer.text),
    )


def _ended(end: Finished, request: ChatRequest) -> Finished:
    """How an answer ended: one that was cut off before its own limit had no more room."""
    was_full = end.reason == "length" and end.usage and end.usage.new_tokens < request.settings.max_tokens
    return replace(end, reason="full") if was_full else end


def _run_tools(conversation: Conversation, toolbox: Toolbox, seen: tuple[Image, ...]) -> Stream:
    """Answers each open call that the app can answer; those that only a person can stay open. `seen` are the images
    that the model saw when it made them."""
    refused = _repeats(conversation) >= MAX_REPEATS
    for call in conversation.open_calls:
        if refused:
            result = ToolResult(call.id, SAME_CALL, is_error=True)
        elif toolbox.is_declared(call):
            continue
        else:
            result = yield from _waited_for(toolbox.running(call, seen), conversation)
        conversation = conversation.add(ToolMessage(result))
        yield conversation
    return conversation


def _waited_for(
    steps: Generator[str, None, ToolResult], conversation: Conversation
) -> Generator[Conversation, None, ToolResult]:
    """The result of a tool, and meanwhile what it says. Whoever closes this ends the tool."""
    with closing(steps):
        while True:
            try:
                said = next(steps)
            except StopIteration as ended:
                result: ToolResult = ended.value
                return result
            yield telling(conversation, said)


def telling(conversation: Conversation, said: str) -> Conversation:
    """With what a tool says that the last answer called."""
    messages = conversation.messages
    for index in range(len(messages) - 1, -1, -1):
        if isinstance(answer := messages[index], AssistantMessage):
            return Conversation((*messages[:index], replace(answer, progress=said), *messages[index + 1 :]))
    return conversation


def _why_last_round(conversation: Conversation, max_rounds: int) -> str:
    """The note of an answer for which no tools are offered any more, or nothing."""
    if len(_rounds(conversation)) >= max_rounds - 1:
        return ROUNDS_NOTE
    return REPEATS_NOTE if _repeats(conversation) >= MAX_REPEATS else ""


def _rounds(conversation: Conversation) -> list[tuple[tuple[str, str], ...]]:
    """Names and arguments of the calls of each round in this turn."""
    answers = [message for message in conversation.turn if isinstance(message, AssistantMessage)]
    return [tuple((call.name, call.arguments) for call in answer.tool_calls) for answer in answers if answer.tool_calls]


def _repeats(conversation: Conversation) -> int:
    """How many rounds in a row, up to now, made the same calls."""
    rounds = _rounds(conversation)
    return next((n for n, calls in enumerate(reversed(rounds)) if calls != rounds[-1]), len(rounds))
