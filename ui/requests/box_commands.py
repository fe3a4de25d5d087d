"""The commands of the message box, see ui/commands.py."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ui.attachments.choice import Form

Mark = Annotated[int, Field(ge=0, lt=10**9)]  # of a picture in the message box, see ui/render/composer/strip.py
Step = Annotated[int, Field(ge=-10_000, le=10_000)]
Files = Annotated[tuple[Annotated[str, Field(max_length=4_096)], ...], Field(max_length=100)]  # their paths
Chosen = Annotated[  # what was chosen of each, see ui/attachments/choice.py
    tuple[Annotated[str, Field(max_length=8_000)], ...], Field(max_length=100)
]
Path = Annotated[str, Field(max_length=4_096)]
Side = Annotated[float, Field(ge=-1_000, le=2_000, allow_inf_nan=False)]  # in thousandths of an image


class MovePicture(BaseModel):
    do: Literal["move"]
    index: Mark
    step: Step


class RemovePicture(BaseModel):
    do: Literal["remove"]
    index: Mark


class ResizePicture(BaseModel):
    """`step` is the longest edge in pixels."""

    do: Literal["detail"]
    index: Mark
    step: Step


class ChoosePage(BaseModel):
    """Page `step` of a document goes, or stays where it went."""

    do: Literal["page"]
    index: Mark
    step: Step


class ChoosePages(BaseModel):
    """These pages of a document go, as a person types them."""

    do: Literal["pages"]
    index: Mark
    text: Annotated[str, Field(max_length=4_096)]


class ChooseNext(BaseModel):
    """The pages after those of a document that were to go."""

    do: Literal["next"]
    index: Mark


class ChooseForm(BaseModel):
    """As what a document's pages go."""

    do: Literal["form"]
    index: Mark
    step: Form


class ReadFile(BaseModel):
    """The page is to show the text of a file."""

    do: Literal["read"]
    index: Mark


class ReplaceFile(BaseModel):
    """A file has been edited: `body` is the path of the upload that takes its place."""

    do: Literal["replace"]
    index: Mark
    body: Path


class GoOn(BaseModel):
    """The pages that come after those that were sent are to come into the box, or not to be offered any more."""

    do: Literal["following"]
    index: Literal["take", "drop"]


class LeaveOut(BaseModel):
    """What of the conversation is not sent from now on."""

    do: Literal["keep"]
    index: Literal["pictures", "turns"]


class AddUrl(BaseModel):
    """The image at an address is to come into the message box."""

    do: Literal["url"]
    text: Annotated[str, Field(max_length=4_096)]


class AddParts(BaseModel):
    """Parts of an image are to come into the box. `body` is the path of its file, in the box or in the conversation."""

    do: Literal["part"]
    body: Path
    boxes: Annotated[tuple[tuple[Side, Side, Side, Side], ...], Field(min_length=1, max_length=4)]


class FillBox(BaseModel):
    """The message box is to hold these files, of those that were uploaded, beside what is written in it."""

    do: Literal["fill"]
    files: Files
    choices: Chosen = ()


class TakeOff(BaseModel):
    """Something that is on beside the message box goes."""

    do: Literal["off"]
    index: Literal["tools", "json", "context", "examples"]


class PutBackOn(BaseModel):
    """It comes back as it was."""

    do: Literal["on"]
    index: Literal["tools", "json", "context", "examples"]


ChoiceCommand = ResizePicture | ChoosePage | ChoosePages | ChooseNext | ChooseForm
FileCommand = ReadFile | ReplaceFile | GoOn
BoxCommand = (
    MovePicture
    | RemovePicture
    | ChoiceCommand
    | FileCommand
    | LeaveOut
    | AddUrl
    | AddParts
    | FillBox
    | TakeOff
    | PutBackOn
)
