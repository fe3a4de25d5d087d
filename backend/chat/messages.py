"""The nouns of a chat: parts, messages, tool calls, the conversation. Pure values."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from backend.chat.marks import composed, numbered, typed
from backend.chat.parts import Image, Part, TextFile
from backend.chat.scores import TokenScore

CANCELLED = "Cancelled: the conversation went on before this call was answered."

FinishReason = Literal["stop", "length", "tool_calls", "cancelled", "loop", "time", "full"]


@dataclass(frozen=True)
class ToolSpec:
    """What the model is told of a tool. `parameters` is a JSON schema of an object, as JSON text."""

    name: str
    description: str
    parameters: str


@dataclass(frozen=True)
class ToolCall:
    """A call as the model wrote it, `arguments` being unchecked JSON text. `id`: nine of [a-zA-Z0-9], as v11 asks."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class ToolResult:
    """What a call came back with; an error is data for the model too. `seconds` is None where a person answered.
    `images` are what the tool made; `canned`: a fixed reply stood in for it; `denied`: a person would not have it run.
    """

    call_id: str
    output: str
    is_error: bool = False
    seconds: float | None = None
    images: tuple[Image, ...] = ()
    canned: bool = False
    denied: bool = False


@dataclass(frozen=True)
class Usage:
    """What an answer took: token counts, seconds from the request to the first token, and new tokens per second.

    `reused_tokens` of the prompt were in the prefix cache; `thought_tokens` of the new ones are of a thought.
    """

    prompt_tokens: int
    image_tokens: int
    new_tokens: int
    seconds_to_first_token: float | None = None
    tokens_per_second: float | None = None
    reused_tokens: int = 0
    thought_tokens: int = 0


@dataclass(frozen=True)
class Finished:
    """Why an answer ended, what it took where that is known, and a note for the person where there is one."""

    reason: FinishReason
    usage: Usage | None = None
    note: str = ""


@dataclass(frozen=True)
class UserMessage:
    """What a person sent: text, pictures and files, in the order in which the model sees them.

    `example` is the name under which it and its answer are kept as an example, where they stand before a chat as one.
    """

    parts: tuple[Part, ...]
    example: str = ""

    @property
    def text(self) -> str:
        """The text of all text parts, with a mark `[n]` where one placed an image. Not that of files."""
        return typed(self.parts)

    @property
    def images(self) -> tuple[Image, ...]:
        """The pictures, in the order in which the model sees them."""
        return tuple(part for part in self.parts if isinstance(part, Image))

    @property
    def numbered_images(self) -> tuple[Image, ...]:
        """The pictures in the order of their numbers, which is that in which they were attached. See marks.py."""
        return numbered(self.parts)

    @property
    def files(self) -> tuple[TextFile, ...]:
        """The files of text, in order."""
        return tuple(part for part in self.parts if isinstance(part, TextFile))


@dataclass(frozen=True)
class AssistantMessage:
    """What the model wrote. `note` is what the app says about it to the person; no model ever reads it.

    `without_tools` says that tools that were on had been taken away for this answer. `thought` is what a model that
    reasons wrote before it answered, in so many seconds and tokens where that is known; thoughts.py says what of it is
    sent back. `scores` are of the tokens of the text that the model was not sure of, where that was asked for.
    `progress` is what a tool says that runs, which is kept nowhere.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    stats: Finished | None = None
    note: str = ""
    without_tools: bool = False
    thought: str = ""
    thought_seconds: float = 0.0
    thought_tokens: int = 0
    scores: tuple[TokenScore, ...] = ()
    progress: str = ""


@dataclass(frozen=True)
class ToolMessage:
    """The result of one call."""

    result: ToolResult


Message = UserMessage | AssistantMessage | ToolMessage


@dataclass(frozen=True)
class Conversation:
    """Messages in order. Every change gives a new conversation."""

    messages: tuple[Message, ...] = ()

    def add(self, *messages: Message) -> "Conversation":
        """The conversation with these messages at its end."""
        return Conversation(self.messages + messages)

    def with_last(self, message: Message) -> "Conversation":
        """The conversation with its last message replaced."""
        return Conversation((*self.messages[:-1], message))

    def with_note(self, note: str, stats: Finished | None = None) -> "Conversation":
        """The conversation with a note on the answer at its end, which is added where there is none yet."""
        last = self.messages[-1] if self.messages else None
        if isinstance(last, AssistantMessage):
            return self.with_last(replace(last, note=note, stats=stats or last.stats))
        return self.add(AssistantMessage(note=note, stats=stats))

    @property
    def awaits_answer(self) -> bool:
        """Whether an answer was asked for of which there is nothing yet."""
        last = self.messages[-1] if self.messages else None
        return isinstance(last, UserMessage) or (
            isinstance(last, AssistantMessage)
            and not (last.text or last.thought or last.tool_calls)
            and last.stats is None
        )

    @property
    def last_user_index(self) -> int | None:
        """The index of the last message that a person sent."""
        return next((i for i in reversed(range(len(self.messages))) if isinstance(self.messages[i], UserMessage)), None)

    @property
    def turn(self) -> tuple[Message, ...]:
        """The messages after the last one that a person sent."""
        index = self.last_user_index
        return self.messages if index is None else self.messages[index + 1 :]

    @property
    def open_calls(self) -> tuple[ToolCall, ...]:
        """The calls of the last answer that have no result yet."""
        return _open_calls(self.turn)

    def without_last_turn(self) -> "Conversation":
        """The conversation before the last message that a person sent."""
        return Conversation(self.messages[: self.last_user_index or 0])

    def without_last_answer(self) -> "Conversation":
        """The conversation up to and with the last message that a person sent."""
        index = self.last_user_index
        return Conversation() if index is None else Conversation(self.messages[: index + 1])

    def edited(self, index: int, text: str) -> "Conversation":
        """The conversation up to the message at `index`, with its text replaced; pictures, files and calls are kept.

        Raises IndexError, or TypeError where the message has no text of its own.
        """
        return Conversation((*self.messages[:index], _with_text(self.messages[index], text)))

    def with_call(self, changed: ToolCall) -> "Conversation":
        """The conversation with the call of this id replaced."""

        def replaced(message: Message) -> Message:
            if not isinstance(message, AssistantMessage):
                return message
            return replace(message, tool_calls=tuple(changed if c.id == changed.id else c for c in message.tool_calls))

        return Conversation(tuple(map(replaced, self.messages)))

    def close_open_calls(self) -> "Conversation":
        """Open calls answered as cancelled, empty answers dropped: the v11 protocol refuses a history with either."""
        return Conversation(tuple(_settled(self.messages)))


def _with_text(message: Message, text: str) -> Message:
    match message:
        case UserMessage():
            return replace(message, parts=composed(text, message.numbered_images, message.files))
        case AssistantMessage():
            return replace(message, text=text, scores=())  # which are of the model's words
        case _:
            raise TypeError("a tool's result has no text to edit")


def _settled(messages: tuple[Message, ...]) -> Iterator[Message]:
    for index, message in enumerate(messages):
        if isinstance(message, AssistantMessage) and not (
            message.text.strip() or message.thought or message.tool_calls
        ):
            continue
        yield message
        following = messages[index + 1] if index + 1 < len(messages) else None
        if not isinstance(message, UserMessage) and not isinstance(following, ToolMessage):
            for call in _open_calls(messages, index + 1):
                yield ToolMessage(ToolResult(call.id, CANCELLED, is_error=True))


def _open_calls(messages: tuple[Message, ...], count: int | None = None) -> tuple[ToolCall, ...]:
    """Of the first `count` messages, or all."""
    answered: set[str] = set()
    for index in reversed(range(len(messages) if count is None else count)):
        message = messages[index]
        if isinstance(message, ToolMessage):
            answered.add(message.result.call_id)
        elif isinstance(message, AssistantMessage):
            return tuple(call for call in message.tool_calls if call.id not in answered)
        else:
            break
    return ()
