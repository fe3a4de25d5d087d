"""What the page's script asks of a batch. All may be forged, so all is checked here."""

from typing import Annotated, Literal

import gradio as gr
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from backend.chat.errors import GONE, UserError
from ui.gradio_patches.event_data import event_data

Id = Annotated[int, Field(ge=0, le=1_000_000)]
Key = Annotated[str, Field(max_length=64)]
Path = Annotated[str, Field(max_length=4_096)]
Name = Annotated[str, Field(max_length=1_000)]
MAX_AT_ONCE = 20  # files that one command brings


class Ask(BaseModel):
    """`asked` is the page's number for it, which the reply has too; the page shows `version` of the batch `key`, under
    these `columns`.
    """

    asked: Id = 0
    key: Key = ""
    columns: Key = ""
    version: int = Field(-1, ge=-1, le=2**53)


class Look(Ask):
    """What has changed since."""

    do: Literal["look"]


class Add(Ask):
    """Uploads, by their paths, and what a person knows each by."""

    do: Literal["add"]
    files: Annotated[tuple[Path, ...], Field(max_length=MAX_AT_ONCE)]
    names: Annotated[tuple[Name, ...], Field(max_length=MAX_AT_ONCE)]


class Start(Ask):
    """All rows that wait are to be asked this, in the panel's settings; those that were asked something else, too."""

    do: Literal["start"]
    text: Annotated[str, Field(max_length=1_000_000)]


class Go(Ask):
    """`stop` breaks off what is under way, `pause` lets it end."""

    do: Literal["pause", "resume", "stop", "clear"]


class Retry(Ask):
    """One row, or with none all that failed."""

    do: Literal["retry"]
    id: Id | None = None


class Expect(Ask):
    """The values that answers should have, as CSV; none where it is blank."""

    do: Literal["expect"]
    text: Annotated[str, Field(max_length=1_000_000)]


class Results(Ask):
    do: Literal["results"]
    format: Literal["csv", "jsonl", "md"]


class OpenRow(Ask):
    """A row as a chat of its own."""

    do: Literal["open"]
    id: Id


Command = Look | Add | Start | Go | Retry | Expect | Results | OpenRow
ARGUMENTS = ("do", "asked", "key", "version", "files", "names", "text", "id", "format", "columns")
COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="do")])


def parsed(event: gr.EventData) -> Command:
    """The command of an event. Raises UserError where it is none."""
    try:
        return COMMANDS.validate_python(event_data(event, *ARGUMENTS))
    except ValidationError as error:
        raise UserError(GONE) from error
