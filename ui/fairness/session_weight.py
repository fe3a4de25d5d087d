"""How many bytes a session takes, counted as it grows: what did not change is not looked at again."""

import sys
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Any

from backend.chat.messages import AssistantMessage, Message, ToolMessage, UserMessage
from backend.chat.parts import Image, Part, Text, TextFile
from backend.chat.request import ChatRequest
from backend.chat.tree import Node
from ui.fairness.weight import weight
from ui.session import Session

NODE = 1_000  # bytes of a message without its texts, measured
SCORE = 500  # of a token's score without its texts, measured
CHOICE, PAGE = 400, 40  # of what was chosen of a file, and of a page there, measured
# Of a session, what can be large and is no conversation; and what of that is counted without a look at each page.
BESIDE = ("panel", "taken_off", "files", "unsent", "examples")
CHOSEN = ("choices", "following")


def added(before: Session, after: Session) -> int:
    """Bytes that came to a conversation: new nodes are at the end, and one that was growing counts once it is whole."""
    old, new = before.chat.history.nodes, after.chat.history.nodes
    size = _of_nodes(islice(new.values(), len(old), None)) if len(new) > len(old) else 0
    if before.growing and before.growing != after.growing:
        size += _of_message(new[before.growing].message)
    return size


def beside(before: Session, after: Session, size: int) -> int:
    """Bytes of all that is no conversation, which were `size` before."""
    rows = after.batch.weight if after.batch else 0
    if all(getattr(before, name) is getattr(after, name) for name in BESIDE + CHOSEN) and not _is_new(before, after):
        return size - (before.batch.weight if before.batch else 0) + rows
    return weight([getattr(after, name) for name in (*BESIDE, "compared")]) + _of_chosen(after) + rows


def _of_chosen(session: Session) -> int:
    return sum(
        CHOICE + sys.getsizeof(path) + sys.getsizeof(choice.label) + PAGE * len(choice.pages or ())
        for path, choice in chain(session.choices.items(), session.following)
    )


def _is_new(before: Session, after: Session) -> bool:
    """Whether answers to choose from began, are done or went: in between they change ten times a second."""
    old, new = before.compared, after.compared
    return old is not new and (old is None or new is None or new.is_done)


def newest(messages: tuple[Mapping[str, Any], ...], size: int) -> tuple[Mapping[str, Any], ...]:
    """As many of the messages as take so many bytes, the newest at least, without the oldest."""
    while len(messages) > 1 and weight(messages) > size:
        messages = messages[1:]
    return messages


def _of_nodes(nodes: Iterable[Node]) -> int:
    """What several answers came from is one in memory where it was read from one file."""
    total, known = 0, set[int]()
    for node in nodes:
        total += NODE + _of_message(node.message)
        for text in _texts(node.asked) if node.asked else ():
            if id(text) not in known:
                known.add(id(text))
                total += sys.getsizeof(text)
    return total


def _of_message(message: Message) -> int:
    """Bytes of its texts and scores; pictures lie on disk."""
    scores = 0
    match message:
        case UserMessage(parts):
            texts = [text for part in parts for text in _of_part(part)]
        case AssistantMessage(text, calls):
            texts = [
                text,
                message.thought,
                message.note,
                *(each for call in calls for each in (call.name, call.arguments)),
                *(each for score in message.scores for each in (score.text, *(text for text, _ in score.alternatives))),
            ]
            scores = SCORE * len(message.scores)
        case ToolMessage(result):
            texts = [result.output, *(image.path for image in result.images)]
    return scores + sum(map(sys.getsizeof, texts))


def _of_part(part: Part) -> tuple[str, ...]:
    match part:
        case Text(text):
            return (text,)
        case TextFile(name, content):
            return (name, content)
        case Image(path):
            return (path, part.label)


def _texts(asked: ChatRequest) -> Iterable[str]:
    yield asked.system_prompt
    yield asked.settings.json_schema
    yield from asked.settings.stop
    for tool in asked.tools:
        yield from (tool.name, tool.description, tool.parameters)
