"""The command that asks for a chat as code, see ui/commands.py."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field


class ShowCode(BaseModel):
    """Code that asks for the answer at an index, or for the last one; `text` is where the page has been found."""

    do: Literal["code"]
    index: Annotated[int, Field(ge=0, le=1_000_000)] | Literal["last"]
    step: Literal["curl", "openai", "transformers"]
    text: Annotated[str, Field(max_length=1_000)] = ""
