"""A request's messages -> the system prompt and the messages of a chat, in an order that the protocol allows."""

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from json import dumps

from backend.chat.context import with_tool_pictures
from backend.chat.messages import AssistantMessage, Message, ToolCall, ToolMessage, ToolResult, UserMessage
from backend.chat.parts import BETWEEN_TEXTS, Image, Text
from backend.chat.request import CALL_ID_ALPHABET
from web.api.asked import messages as asked
from web.api.errors import invalid
from web.api.pictures import RequestImages

_OWN_FORM = set(string.ascii_letters + string.digits)


@dataclass(frozen=True)
class History:
    """The system prompts as one, and what was said. `continues`: the last message is an answer to go on with."""

    system_prompt: str
    messages: tuple[Message, ...]
    continues: bool = False


def history(said: Sequence[asked.AnyMessage], images: RequestImages, continues: bool) -> History:
    """What the messages are here. `continues` asks to go on with the last. Raises ApiError."""
    last = said[-1]
    goes_on = continues or (isinstance(last, asked.AssistantMessage) and bool(last.prefix))
    _check_end(said, goes_on)
    _check_calls(said)
    prompts = (each for each in said if isinstance(each, asked.SystemMessage))
    system_prompt = BETWEEN_TEXTS.join(filter(None, map(_system_text, prompts)))
    messages = with_tool_pictures(tuple(_messages(said, images)))
    end = messages[-1] if messages else None
    if not (goes_on and isinstance(end, AssistantMessage)):  # nothing is there to go on with
        return History(system_prompt, messages)
    # mistral-common drops blanks at the end, and the model writes them.
    text = AssistantMessage(end.text.rstrip(" "), thought=end.thought)
    return History(system_prompt, (*messages[:-1], text), continues=True)


def call_id(id_: str) -> str:
    """The id of a call as the v11 protocol takes it: the same for the same, in each request, so that what was read of
    a chat can be kept."""
    if len(id_) == 9 and set(id_) <= _OWN_FORM:
        return id_
    number = int.from_bytes(blake2b(id_.encode(), digest_size=8).digest())
    letters = (number // len(CALL_ID_ALPHABET) ** place % len(CALL_ID_ALPHABET) for place in range(9))
    return "".join(CALL_ID_ALPHABET[letter] for letter in letters)


def _check_end(said: Sequence[asked.AnyMessage], goes_on: bool) -> None:
    """Raises ApiError where there is nothing to answer."""
    here, last = f"messages[{len(said) - 1}]", said[-1]
    for index, message in enumerate(said[:-1]):
        if isinstance(message, asked.AssistantMessage) and message.prefix:
            where = f"messages[{index}].prefix"
            raise invalid(where, f"{where}: only the last message can be gone on with.")
    if isinstance(last, asked.AssistantMessage):
        if last.tool_calls and goes_on:
            raise invalid(f"{here}.tool_calls", f"{here}.tool_calls: only a text can be gone on with.")
        if not last.tool_calls and not goes_on:
            raise invalid(
                f"{here}.role",
                f"{here}.role: the last message must be the user's or a tool's. To have an answer gone on with, set "
                "continue_final_message.",
            )
    elif goes_on:
        raise invalid(
            "continue_final_message",
            "continue_final_message: the last message must be the assistant's to be gone on with.",
        )
    elif not any(isinstance(message, asked.UserMessage | asked.ToolMessage) for message in said):
        raise invalid("messages", "messages must hold one of the user's.")


def _check_calls(said: Sequence[asked.AnyMessage]) -> None:
    """Raises ApiError unless each call has one result, right after it, and each result its call."""
    open_calls: dict[str, str] = {}  # ids, and where each stands
    for index, message in enumerate(said):
        here = f"messages[{index}]"
        if isinstance(message, asked.ToolMessage):
            if open_calls.pop(message.tool_call_id, None) is None:
                where = f"{here}.tool_call_id"
                raise invalid(where, f"{where}: no call before it has this id and waits for a result.")
            continue
        if open_calls:
            break
        calls = (message.tool_calls or ()) if isinstance(message, asked.AssistantMessage) else ()
        for number, call in enumerate(calls):
            where = f"{here}.tool_calls[{number}].id"
            if call.id in open_calls:
                raise invalid(where, f"{where}: another call of this message has the same id.")
            open_calls[call.id] = where
    for where in open_calls.values():
        raise invalid(where, f"{where}: this call has no result. A message of role tool must follow for each call.")


def _messages(said: Sequence[asked.AnyMessage], images: RequestImages) -> Iterator[Message]:
    for index, message in enumerate(said):
        here = f"messages[{index}]"
        match message:
            case asked.UserMessage():
                yield UserMessage(tuple(_parts(message.content, f"{here}.content", images)))
            case asked.AssistantMessage():
                answer = _answer(message, here)
                if answer.text.strip() or answer.thought or answer.tool_calls:  # the protocol has no empty answers
                    yield answer
            case asked.ToolMessage():
                parts = [*_parts(message.content, f"{here}.content", images)]
                output = BETWEEN_TEXTS.join(part.text for part in parts if isinstance(part, Text))
                made = tuple(part for part in parts if isinstance(part, Image))
                yield ToolMessage(ToolResult(call_id(message.tool_call_id), output, images=made))


def _parts(
    content: str | Sequence[asked.TextPart | asked.ImagePart], param: str, images: RequestImages
) -> Iterator[Text | Image]:
    if isinstance(content, str):
        yield Text(content)
        return
    for index, part in enumerate(content):
        if isinstance(part, asked.TextPart):
            yield Text(part.text)
        else:
            yield images.at(part.image_url.url, f"{param}[{index}].image_url")


def _answer(message: asked.AssistantMessage, here: str) -> AssistantMessage:
    content = (
        [asked.TextPart(type="text", text=message.content)] if isinstance(message.content, str) else message.content
    )
    if message.content is None and not (message.tool_calls or message.refusal):
        raise invalid(f"{here}.content", f"{here}.content: an answer without tool_calls must have one.")
    texts = [part.refusal if isinstance(part, asked.RefusalPart) else part.text for part in content or ()
             if not isinstance(part, asked.ThinkPart)]  # fmt: skip
    thoughts = [_thought(part) for part in content or () if isinstance(part, asked.ThinkPart)]
    thought = BETWEEN_TEXTS.join(thoughts) or message.reasoning_content or message.reasoning or ""
    text = BETWEEN_TEXTS.join(filter(None, texts)) or message.refusal or ""
    return AssistantMessage(text, tuple(map(_call, message.tool_calls or ())), thought=thought)


def _call(call: asked.Call) -> ToolCall:
    given = call.function.arguments
    arguments = given if isinstance(given, str) else dumps(given, ensure_ascii=False)
    return ToolCall(call_id(call.id), call.function.name, arguments)


def _thought(part: asked.ThinkPart) -> str:
    return part.thinking if isinstance(part.thinking, str) else "".join(each.text for each in part.thinking)


def _system_text(message: asked.SystemMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    texts = (
        part.text if isinstance(part, asked.TextPart) else f"[THINK]{_thought(part)}[/THINK]"
        for part in message.content
    )
    return BETWEEN_TEXTS.join(texts)
