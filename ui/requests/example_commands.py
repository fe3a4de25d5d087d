"""The commands of what is kept as an example, see ui/commands.py."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Ids = Annotated[str, Field(max_length=1_000_000)]


class KeepExample(BaseModel):
    """An answer and its question are to stand before new chats. `have` names the examples that are kept, by blanks."""

    do: Literal["example"]
    index: Annotated[int, Field(ge=0, le=1_000_000)]
    have: Ids = ""


class OfferExamples(BaseModel):
    """A chat is new: these are the examples that are kept, by blanks."""

    do: Literal["examples"]
    have: Ids


class LendExample(BaseModel):
    """One of them, `body` being the path of an upload where the browser keeps it."""

    do: Literal["lend"]
    id: Annotated[str, Field(max_length=64)]
    body: Annotated[str, Field(max_length=4_096)] | None = None


ExampleCommand = KeepExample | OfferExamples | LendExample
