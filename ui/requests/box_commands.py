"""The commands of the message box, see ui/commands.py."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Mark = Annotated[int, Field(ge=0, lt=10**9)]  # of a picture in the message box, see ui/render/attachments.py
Step = Annotated[int, Field(ge=-10_000, le=10_000)]
Files = Annotated[tuple[Annotated[str, Field(max_length=4_096)], ...], Field(max_length=100)]  # their paths


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


class LeaveOut(BaseModel):
    """What of the conversation is not sent from now on."""

    do: Literal["keep"]
    index: Literal["pictures", "turns"]


class AddUrl(BaseModel):
    """The image at an address is to come into the message box."""

    do: Literal["url"]
    text: Annotated[str, Field(max_length=4_096)]


class FillBox(BaseModel):
    """The message box is to hold these files, of those that were uploaded, beside what is written in it."""

    do: Literal["fill"]
    files: Files


class TakeOff(BaseModel):
    """Something that is on beside the message box goes."""

    do: Literal["off"]
    index: Literal["tools", "json", "context", "examples"]


class PutBackOn(BaseModel):
    """It comes back as it was."""

    do: Literal["on"]
    index: Literal["tools", "json", "context", "examples"]


BoxCommand = MovePicture | RemovePicture | ResizePicture | LeaveOut | AddUrl | FillBox | TakeOff | PutBackOn
