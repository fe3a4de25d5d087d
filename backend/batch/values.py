"""What a batch is made of: its items, the task that each is given, and the row that each comes to. Pure values."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from backend.chat.messages import Usage, UserMessage
from backend.chat.parts import Part, Text
from backend.chat.request import ChatRequest
from backend.chat.scores import TokenScore, weakest
from backend.chat.settings import GenerationSettings
from backend.extraction.fields import Field, read_fields

ANSWER = "answer"  # the field that an answer without a schema is
Status = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True)
class Item:
    """A picture, a file of text, or one page of a document, counted from 1. A person knows its file by `name`."""

    name: str
    path: Path
    page: int | None = None

    @property
    def label(self) -> str:
        """What a person knows the item by."""
        return self.name if self.page is None else f"{self.name}, page {self.page}"


@dataclass(frozen=True)
class Task:
    """What is asked of each item; with a schema in the settings, each answer is JSON in it.

    What all items share stands in the system prompt and the settings; an item's own parts come before the prompt.
    mistral-common puts a picture before a text that stands with it, whatever their order is: a prompt never precedes
    the picture, and of what is read for one item the next can use the system prompt alone. With the demo model and a
    prompt of 120 tokens, 126 of 156 tokens were reused with the prompt as the system's, and none as the message's text.
    """

    prompt: str
    system_prompt: str = ""
    settings: GenerationSettings = field(default_factory=GenerationSettings)

    def request(self, parts: tuple[Part, ...], owner: str = "") -> ChatRequest:
        """The request of the item with these parts. Requests of one `owner` may share what was read."""
        said = (*parts, Text(self.prompt)) if self.prompt else parts
        return ChatRequest(self.system_prompt, (UserMessage(said),), settings=self.settings, owner=owner)


@dataclass(frozen=True)
class Row:
    """What an item came to. `seconds` are from when it was begun; `note` is what the app says beside the answer."""

    item: Item
    status: Status = "waiting"
    answer: str = ""
    fields: tuple[tuple[str, str], ...] = ()  # names, and values as text: a nested one is JSON
    usage: Usage | None = None
    seconds: float | None = None
    least_sure: str = ""  # the name of a field, and how sure the model was of its value
    note: str = ""
    error: str = ""

    def failed(self, error: str) -> "Row":
        """The row of an item that came to nothing that can be used; what was answered stays."""
        return replace(self, status="failed", error=error)


def fields_of(answer: str, has_schema: bool) -> tuple[tuple[str, str], ...]:
    """The fields of an answer: those of its object, else the answer as one. Raises ValueError where it is no JSON.

    A text is as it is, a number as the model wrote it, null is nothing, and what holds others is JSON.
    """
    if not has_schema:
        return ((ANSWER, answer.strip()),)
    whole = read_fields(answer)
    if whole is None or not whole.is_whole:
        raise ValueError("no JSON")
    if whole.kind != "object":
        return ((ANSWER, _as_text(whole, answer)),)
    return tuple((field.name, _as_text(field, answer)) for field in whole.fields)


def _as_text(field: Field, answer: str) -> str:
    if field.is_nested:
        return answer[field.start : field.end]
    return "" if field.kind == "null" else field.written


def least_sure(answer: str, scores: tuple[TokenScore, ...]) -> str:
    """The field of whose value the model was least sure, and how sure it was; "" where it was sure of all."""
    whole = read_fields(answer)
    found = []
    for value in whole.fields if whole and whole.kind == "object" else ():
        if score := weakest(scores, value.start, value.end):
            found.append((score.sureness, value.name))
    return "{1} ({0:.0%})".format(*min(found)) if found else ""


def columns(rows: tuple[Row, ...]) -> tuple[str, ...]:
    """The names of the fields of all rows, each once, in the order in which they first come."""
    return tuple(dict.fromkeys(name for row in rows for name, _ in row.fields))
