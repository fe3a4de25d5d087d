"""The commands that the page's script can give, each with its arguments. All may be forged, so all are checked here."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from backend.chat.errors import UserError
from ui.events import GONE

Index = Annotated[int, Field(ge=0, le=1_000_000)]
Step = Annotated[int, Field(ge=-10_000, le=10_000)]


class SwitchBranch(BaseModel):
    do: Literal["turn"]
    index: Index
    step: Step


class Inspect(BaseModel):
    do: Literal["inspect"]
    index: Index


class CloseInspector(BaseModel):
    do: Literal["close"]


class EditMessage(BaseModel):
    do: Literal["edit"]
    index: Index | Literal["last"]


class EndEdit(BaseModel):
    """`clear` empties the box too, as Escape does."""

    do: Literal["unedit"]
    index: str | None = None


class MovePicture(BaseModel):
    do: Literal["move"]
    index: Index
    step: Step


class RemovePicture(BaseModel):
    do: Literal["remove"]
    index: Index


class ResizePicture(BaseModel):
    """`step` is the longest edge in pixels."""

    do: Literal["detail"]
    index: Index
    step: Step


class LeaveOut(BaseModel):
    """What of the conversation is not sent from now on."""

    do: Literal["keep"]
    index: Literal["pictures", "turns"]


class OpenConversation(BaseModel):
    """One that was kept. `again`: the server has lost it, and what the page holds besides stays."""

    do: Literal["open"]
    id: str = ""
    body: object = None
    again: bool = False


class ListConversations(BaseModel):
    do: Literal["list"]


class RenameConversation(BaseModel):
    do: Literal["rename"]
    id: str
    title: str


class DeleteConversation(BaseModel):
    do: Literal["delete"]
    id: str


Command = (
    SwitchBranch | Inspect | CloseInspector | EditMessage | EndEdit | MovePicture | RemovePicture | ResizePicture
    | LeaveOut | OpenConversation | ListConversations | RenameConversation | DeleteConversation
)  # fmt: skip
ARGUMENTS = ("do", "index", "step", "id", "body", "again", "title")  # all that any command has
COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="do")])


def parse_command(data: dict[str, Any]) -> Command:
    """The command in what an event brings. Raises UserError where it is none."""
    try:
        return COMMANDS.validate_python(data)
    except ValidationError as error:
        raise UserError(GONE) from error
