"""The commands that the page's script can give, each with its arguments. All may be forged, so all are checked here."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from backend.chat.errors import GONE, UserError
from ui.requests.box_commands import BoxCommand, Chosen, Files, Step
from ui.requests.code_commands import ShowCode
from ui.requests.example_commands import ExampleCommand

Index = Annotated[int, Field(ge=0, le=1_000_000)]
Name = Annotated[str, Field(max_length=64)]
Ids = Annotated[str, Field(max_length=1_000_000)]
Draft = Annotated[str, Field(max_length=1_000_000)]


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


class SendMessage(BaseModel):
    """A message that waited for the end of an answer. `id` is the page's name for it.

    `sent` is the place at which it was sent first, as the page held it: it is not sent twice from there.
    """

    do: Literal["send"]
    id: Name
    text: Draft = ""
    files: Files = ()
    choices: Chosen = ()
    sent: Annotated[str, Field(max_length=1_000)] = ""


class OpenConversation(BaseModel):
    """One that was kept; `body` is the path of an upload where the browser keeps it, `text` what is in the box.

    `again`: the server has lost it, and what the page holds besides stays.
    """

    do: Literal["open"]
    id: Name = ""
    body: Annotated[str, Field(max_length=4_096)] | None = None
    again: bool = False
    text: Draft = ""


class ListConversations(BaseModel):
    do: Literal["list"]


class SearchConversations(BaseModel):
    do: Literal["search"]
    text: Annotated[str, Field(max_length=1_000)]


class SyncConversation(BaseModel):
    """The page lacks something of the conversation that it shows: `have` has the nodes that it keeps, by blanks."""

    do: Literal["sync"]
    id: Name
    have: Ids


class ExportAll(BaseModel):
    """All conversations of the archive, or with an `id` that one."""

    do: Literal["exportall"]
    id: Name = ""


class Resume(BaseModel):
    """The page was loaded anew, or its connection came back: it was `page`, showed `id`, and has `text` in the box.

    `sent` is the place at which it sent what is in the box, as the page held it; "" where nobody has.
    """

    do: Literal["resume"]
    page: Name = ""
    id: Name = ""
    have: Ids = ""
    text: Draft = ""
    sent: Annotated[str, Field(max_length=1_000)] = ""


class RewriteAnswer(BaseModel):
    """An answer's text is to be another."""

    do: Literal["rewrite"]
    index: Index
    text: Annotated[str, Field(max_length=2_000_000)]  # who writes more than an answer may have is told so


class TellSource(BaseModel):
    """The page needs a message as it was written, to copy or edit it."""

    do: Literal["source"]
    index: Index


class SaveFields(BaseModel):
    """What an answer holds that was asked for with a schema, as a file."""

    do: Literal["fields"]
    index: Index
    step: Literal["csv", "json"]


class FormatAnswer(BaseModel):
    """An answer that is shown as it was written, since it is long, is to be formatted: that of this node."""

    do: Literal["format"]
    id: Name


class ShowAll(BaseModel):
    """The page does not show what an update goes on from."""

    do: Literal["redraw"]


class ShowEarlier(BaseModel):
    """The page shows the messages from this index on, and needs some before it."""

    do: Literal["earlier"]
    index: Index


class RetryAnswer(BaseModel):
    do: Literal["retry"]
    index: Index


class UndoTurn(BaseModel):
    do: Literal["undo"]
    index: Index


class ContinueAnswer(BaseModel):
    do: Literal["continue"]


class ViewSureness(BaseModel):
    """How sure the model was of an answer."""

    do: Literal["sureness"]
    index: Index


class ContinueOtherwise(BaseModel):
    """An answer up to a token, gone on with another that could have come: `step` is where in the text, and which."""

    do: Literal["otherwise"]
    index: Index
    step: Annotated[str, Field(pattern=r"^[0-9]{1,9}:[0-9]$")]


class ShortenRequest(BaseModel):
    """The model has no room for more: the last answer is gone on with, or made anew, with less of what came before."""

    do: Literal["shorten"]
    index: Index
    step: Literal["pictures", "turns"]


class AnswerCall(BaseModel):
    """A person's word on the call that waits for them. `text` is its arguments, its result, or why not."""

    do: Literal["call"]
    id: Name
    verdict: Literal["once", "always", "deny", "result", "error"]
    text: Annotated[str, Field(max_length=2_000_000)] = ""  # who writes more than it may have is told so


class CompareAnswer(BaseModel):
    do: Literal["compare"]
    index: Index


class CopyPrompt(BaseModel):
    """What an answer came from, for the clipboard."""

    do: Literal["prompt"]
    index: Index
    step: Literal["text", "json"]


class RenameConversation(BaseModel):
    do: Literal["rename"]
    id: Name
    title: Annotated[str, Field(max_length=1_000)]


class DeleteConversation(BaseModel):
    do: Literal["delete"]
    id: Name


Command = (
    SwitchBranch | Inspect | CloseInspector | EditMessage | EndEdit | BoxCommand | SendMessage | OpenConversation
    | ListConversations | SearchConversations | SyncConversation | RenameConversation
    | DeleteConversation | ExportAll | Resume | ContinueAnswer | RewriteAnswer | TellSource | SaveFields | FormatAnswer
    | ShowAll | ShowEarlier | RetryAnswer | ShortenRequest | UndoTurn | AnswerCall | CompareAnswer | CopyPrompt
    | ViewSureness | ContinueOtherwise | ExampleCommand | ShowCode
)  # fmt: skip
# All that any command has.
ARGUMENTS = (
    "do", "index", "step", "id", "body", "boxes", "again", "title", "text", "files", "choices", "have", "page",
    "sent", "verdict",
)  # fmt: skip
COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="do")])


def parse_command(data: dict[str, Any]) -> Command:
    """The command in what an event brings. Raises UserError where it is none."""
    try:
        return COMMANDS.validate_python(data)
    except ValidationError as error:
        raise UserError(GONE) from error
