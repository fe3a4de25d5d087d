"""The messages of a request, as OpenAI's protocol has them, and what Mistral's and vLLM's add to it.

https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr

Name = Annotated[str, Field(strict=True, pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


T = TypeVar("T")
Many = Annotated[list[T], Field(fail_fast=True)]  # to note what is wrong with each of 10,000 entries would take minutes


class Asked(BaseModel):
    """A part of a request. What it has beside these fields is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TextPart(Asked):
    """A text."""

    type: Literal["text"]
    text: StrictStr


class ImageUrl(Asked):
    """Where a picture is: a data: URL, or one of http or https."""

    url: StrictStr


def _as_object(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


class ImagePart(Asked):
    """A picture. OpenAI has an object for its address; Mistral's API takes the address itself too."""

    type: Literal["image_url"]
    image_url: Annotated[ImageUrl, BeforeValidator(_as_object, json_schema_input_type=ImageUrl | str)]


class RefusalPart(Asked):
    """What a model said that would not answer."""

    type: Literal["refusal"]
    refusal: StrictStr


class ThinkPart(Asked):
    """What a model thought before it answered, or a system prompt's example of it: Mistral's ThinkChunk."""

    type: Literal["thinking"]
    thinking: StrictStr | Many[TextPart]


UserPart = Annotated[TextPart | ImagePart, Field(discriminator="type")]
AssistantPart = Annotated[TextPart | RefusalPart | ThinkPart, Field(discriminator="type")]
SystemPart = Annotated[TextPart | ThinkPart, Field(discriminator="type")]
ToolPart = Annotated[TextPart | ImagePart, Field(discriminator="type")]


class SystemMessage(Asked):
    """Instructions. Newer clients of OpenAI's say developer."""

    role: Literal["system", "developer"]
    content: StrictStr | Many[SystemPart]


class UserMessage(Asked):
    """What a person says, with pictures."""

    role: Literal["user"]
    content: StrictStr | Many[UserPart]


class FunctionCall(Asked):
    """A function's name, and its arguments as JSON text; Mistral's API takes an object too."""

    name: Name
    arguments: StrictStr | dict[str, Any] = "{}"


class Call(Asked):
    """A call that the model made. Ids of any form are taken."""

    id: Annotated[str, Field(strict=True, min_length=1, max_length=200)]
    type: Literal["function"] = "function"
    function: FunctionCall


class AssistantMessage(Asked):
    """What the model said and called. `prefix`: it is to go on with this, its last message (Mistral's)."""

    role: Literal["assistant"]
    content: StrictStr | Many[AssistantPart] | None = None
    refusal: StrictStr | None = None
    reasoning_content: StrictStr | None = None
    reasoning: StrictStr | None = None
    tool_calls: Many[Call] | None = None
    prefix: StrictBool | None = None


class ToolMessage(Asked):
    """The result of a call."""

    role: Literal["tool"]
    tool_call_id: Annotated[str, Field(strict=True, min_length=1, max_length=200)]
    content: StrictStr | Many[ToolPart] | None = None


AnyMessage = Annotated[SystemMessage | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]
