"""What an engine is asked, and the events of its answer. Pure values."""

import json
import secrets
import string
from dataclasses import dataclass, field

from backend.chat.context import ContextPolicy
from backend.chat.messages import AssistantMessage, Finished, Message, ToolCall, ToolMessage, ToolSpec, UserMessage
from backend.chat.parts import Image
from backend.chat.scores import TokenLogprob, TokenScore
from backend.chat.settings import GenerationSettings


@dataclass(frozen=True)
class ChatRequest:
    """Everything that one answer depends on. The prompt and the settings are the request's, not the history's.

    `tool_choice` is "auto", "required", or the name of the tool to be called. `keep` says which of the messages are
    sent; `continues`, that the last message is an answer to go on with. `owner` is a name that nobody can guess: what
    an engine keeps of the messages serves requests of the same owner alone, or the speed of an answer would tell what
    others wrote. `conversation` names the one that it is of: one of several servers has its earlier turns.
    `seed_drawn` says that the settings' seed is the app's, and that nobody asked for it. `scores` asks how sure the
    model is of each token; an answer in a schema tells it unasked. `reasoning_effort` is how much the model is to
    think, in the words of a model that can be told, or "". `send_thoughts`: it reads what it thought before.
    `logprobs` asks for every token of the text how likely it was, beside so many of the likeliest.
    """

    system_prompt: str = ""
    messages: tuple[Message, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    settings: GenerationSettings = field(default_factory=GenerationSettings)
    tool_choice: str = "auto"
    keep: ContextPolicy = "all"
    continues: bool = False
    owner: str = ""
    conversation: str = ""
    seed_drawn: bool = False
    scores: bool = False
    reasoning_effort: str = ""
    send_thoughts: bool = False
    logprobs: int | None = None

    @property
    def images(self) -> list[Image]:
        """Its pictures in their order; the protocol takes them from the user alone."""
        return [image for message in self.messages if isinstance(message, UserMessage) for image in message.images]

    @property
    def is_scored(self) -> bool:
        """Whether the answer comes with how sure the model was of it."""
        return self.scores or bool(self.settings.json_schema)


@dataclass(frozen=True)
class Waiting:
    """No token yet: `status` says why, in a few words for the person.

    An engine yields one every 0.2 s or sooner while it has nothing else: a generator can be closed only at a yield.
    `queued` says that the model has not begun with the request.
    """

    status: str
    queued: bool = False


@dataclass(frozen=True)
class TextDelta:
    """The next piece of the answer's text; never a part of a character."""

    text: str


@dataclass(frozen=True)
class ThoughtDelta:
    """The next piece of what the model thinks before it answers."""

    text: str


@dataclass(frozen=True)
class Scored:
    """How sure the model was of tokens whose text comes next or came before.

    They begin where they do in the text of this answer alone, not of one that it goes on with.
    """

    scores: tuple[TokenScore, ...]


@dataclass(frozen=True)
class Logprobs:
    """How likely the next tokens of the answer's text were, where that was asked for. Their text comes next."""

    tokens: tuple[TokenLogprob, ...]


Event = Waiting | TextDelta | ThoughtDelta | Scored | Logprobs | ToolCall | Finished


CALL_ID_ALPHABET = string.ascii_letters + string.digits


def new_call_id() -> str:
    """A fresh id for a tool call: nine characters of [a-zA-Z0-9], the only form that the v11 protocol takes."""
    return "".join(secrets.choice(CALL_ID_ALPHABET) for _ in range(9))


def characters(message: Message) -> int:
    """How long what a message says is, calls and thoughts included."""
    match message:
        case AssistantMessage(text, calls):
            return len(text) + len(message.thought) + sum(len(call.name) + len(call.arguments) for call in calls)
        case ToolMessage(result):
            return len(result.output)
        case _:
            return len(message.text) + sum(len(file.name) + len(file.content) for file in message.files)


def length(request: ChatRequest) -> int:
    """Characters of what would be sent, roughly."""
    tools = sum(len(tool.description) + len(tool.parameters) for tool in request.tools)
    return len(request.system_prompt) + tools + sum(map(characters, request.messages))


def is_json(text: str) -> bool:
    """Whether a call's arguments are whole: any JSON is."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def as_object(arguments: str) -> str:
    """A call's arguments, or an empty object where they are none: every later step of the protocol takes objects only.

    Servers refuse the whole conversation over others, and would in every turn after it.
    """
    try:
        return arguments if isinstance(json.loads(arguments), dict) else "{}"
    except (ValueError, RecursionError):
        return "{}"
