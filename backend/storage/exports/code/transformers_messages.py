"""A request's messages as mistral-common takes them, as values of a Python script."""

from typing import Any

from backend.chat.parts import Image
from backend.chat.thoughts import marked, shows_thoughts
from backend.storage.exports.code.literals import Code
from backend.storage.exports.code.question import Question
from backend.storage.exports.openai_format import THOUGHT
from backend.storage.exports.openai_request import to_openai_request


class _Placed(Code):
    """A picture that stands where a person placed it."""


def messages_of(question: Question) -> list[dict[str, Any]]:
    """As mistral-common takes them."""

    def picture(image: Image) -> str:
        return (_Placed if image.mark else Code)(f'picture("{question.name_of(image)}")')

    messages: list[dict[str, Any]] = to_openai_request(question.request, "", picture)["messages"]
    for message in messages:
        thought, _ = (message.pop(name, "") for name in THOUGHT)
        if question.thinks and message["role"] == "system":
            message["content"] = _prompt(message["content"])
        elif question.thinks and thought:
            message["content"] = _thoughtful(thought, message["content"])
        elif message["role"] == "assistant" and not message["content"]:
            del message["content"]
        elif isinstance(message["content"], list):
            message["content"] = _parts(message["content"])
    return messages


def _prompt(text: str) -> str | list[dict[str, Any]]:
    """A system prompt of a model that thinks, which may show it how."""
    return [_chunk(*piece) for piece in marked(text)] if shows_thoughts(text) else text


def _thoughtful(thought: str, text: str) -> list[dict[str, Any]]:
    return [_chunk(thought, True), *([_chunk(text, False)] if text else [])]


def _chunk(text: str, is_thought: bool) -> dict[str, Any]:
    return {"type": "thinking", "thinking": text} if is_thought else {"type": "text", "text": text}


def _parts(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A message's, in the order in which mistral-common reads them: a lone picture that nobody placed comes first."""
    parts = [_part(part) for part in parts]
    is_first = _is_lone_picture_last(parts) and not isinstance(parts[-1]["image"], _Placed)
    return [parts[-1], *parts[:-1]] if is_first else parts


def is_placed(content: str | list[dict[str, Any]]) -> bool:
    """Whether a message has a lone picture that stands behind its texts."""
    return isinstance(content, list) and len(content) > 1 and _is_lone_picture_last(content)


def _is_lone_picture_last(parts: list[dict[str, Any]]) -> bool:
    return [index for index, part in enumerate(parts) if part["type"] == "image"] == [len(parts) - 1]


def _part(part: dict[str, Any]) -> dict[str, Any]:
    return {"type": "image", "image": part["image_url"]["url"]} if part["type"] == "image_url" else part
