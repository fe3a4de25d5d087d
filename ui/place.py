"""What a page shows of a conversation, as the page itself holds it: enough to find it again if the server lost it."""

from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

Name = Annotated[str, Field(max_length=64)]


class Place(BaseModel):
    """`page` names the page's session, `id` the conversation ("" for none), `leaf` the end of its shown branch.

    `editing` is the message that the box will replace. `changes` makes the page take note of what it does not hold.
    """

    page: Name = ""
    id: Name = ""
    leaf: Name | None = None
    editing: Annotated[int, Field(ge=0)] | None = None
    changes: int = 0


def place_of(text: str | None) -> Place:
    """The place that a page holds; an empty one where it holds none, or what is forged."""
    try:
        return Place.model_validate_json(text) if text else Place()
    except ValidationError:
        return Place()
