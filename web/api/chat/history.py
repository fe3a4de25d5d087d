"""A request's messages -> the system prompt and the messages of a chat, in an order that the protocol allows."""

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
    goes_on = _goes_on(said, continues)
    _check_calls(said)
    prompts = (each for each in said if isinstance(each, asked.SystemMessage))
    system_prompt = BETWEEN_TEXTS.join(filter(None, map(_system_text, prompts)))
    messages = with_tool_pictures(tuple(_messages(said, images)))
    if not messages:
        raise invalid("messages", "messages must hold one of the user's.")
    if not (system_prompt.strip() or isinstance(messages[0], UserMessage)):
        raise invalid("messages[0].role", "messages[0].role: the first message must be the user's or the system's.")
    last = messages[-1]
    if not (goes_on and isinstance(last, AssistantMessage)):  # or there is no word to go on with
        return History(system_prompt, messages)
    begun = replace(last, text=last.text.rstrip(" "))  # mistral-common drops these blanks, and the model writes them
    return History(system_prompt, (*messages[:-1], begun), continues=True)


def call_id(id_: str) -> str:
    """The id of a call as the v11 protocol takes it: the same for the same, in each request, so that what was read of
    a chat can be kept."""
    if len(id_) == 9 and set(id_) <= _OWN_FORM:
        return id_
    number = int.from_bytes(blake2b(id_.encode(), digest_size=8).digest())
    letters = (number // len(CALL_ID_ALPHABET) ** place % len(CALL_ID_ALPHABET) for place in range(9))
    return "".join(CALL_ID_ALPHABET[letter] for letter in letters)


def _goes_on(said: Sequence[asked.AnyMessage], continues: bool) -> bool:
    """Whether the last message, wherever the system's stand, is to be gone on with. Raises ApiError where it can
    neither be that nor be answered."""
    at = max((at for at, message in enumerate(said) if not isinstance(message, asked.SystemMessage)), default=-1)
    if at < 0:
        raise invalid("messages", "messages must hold one of the user's.")
    begun = [at for at, message in enumerate(said) if isinstance(message, asked.AssistantMessage) and message.prefix]
    if begun and begun[0] < at:
        where = f"messages[{begun[0]}].prefix"
        raise invalid(where, f"{where}: only the last message can be gone on with.")
    goes_on, last = continues or bool(begun), said[at]
    if not isinstance(last, asked.AssistantMessage):
        if goes_on:
            where = "continue_final_message"
            raise invalid(where, f"{where}: only a message of the assistant's can be gone on with.")
    elif last.tool_calls and goes_on:
        where = f"messages[{at}].tool_calls"
        raise invalid(where, f"{where}: only a text can be gone on with.")
    elif not (last.tool_calls or goes_on):
        where = f"messages[{at}].role"
        raise invalid(
            where, f"{where}: the last message must be the user's or a tool's, unless continue_final_message is true."
        )
    return goes_on


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
                is_last = index == len(said) - 1
                # The protocol has no empty answers, and no thought that led to none but where it is gone on with.
                if answer.text.strip() or answer.tool_calls or (is_last and answer.thought):
                    yield answer
            case asked.ToolMessage():
                parts = [*_parts(message.content or "", f"{here}.content", images)]
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
