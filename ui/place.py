"""What a page shows of a conversation, as the page itself holds it: enough to find it again where the server lost it."""

from pydantic import BaseModel, Field, ValidationError


class Place(BaseModel):
    """`page` is the name of the page's session, `id` the conversation ("" for none), `leaf` the end of its shown branch.

    `editing` is the message that the box will replace. `changes` makes the page take note of what it does not hold.
    """

    page: str = Field("", max_length=64)
    id: str = Field("", max_length=64)
    leaf: str | None = Field(None, max_length=64)
    editing: int | None = Field(None, ge=0)
    changes: int = 0


def place_of(text: str | None) -> Place:
    """The place that a page holds; an empty one where it holds none, or what is forged."""
    try:
        return Place.model_validate_json(text) if text else Place()
    except ValidationError:
        return Place()
