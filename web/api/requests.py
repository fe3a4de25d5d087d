"""The requests that programs send: bytes -> values that are checked, or an ApiError that names the parameter."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from web.api.asked.body import json_object
from web.api.asked.impossible import check_possible
from web.api.asked.messages import AnyMessage, Asked, Many, Name
from web.api.asked.sentences import as_api_error

MAX_MESSAGES = 2_500
Number = StrictInt | StrictFloat
Messages = Annotated[Many[AnyMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh"]
A = TypeVar("A", bound=BaseModel)


class JsonSchema(Asked):
    """A schema for the answer. It is always enforced, as far as it can be, whether it says strict or not."""

    name: StrictStr | None = None
    description: StrictStr | None = None
    json_schema: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: StrictBool | None = None


class TextFormat(Asked):
    """An answer in words."""

    type: Literal["text"]


class JsonObjectFormat(Asked):
    """An answer that is any JSON object, or one in a schema, as Llama.cpp's and others' protocols have it."""

    type: Literal["json_object"]
    json_schema: dict[str, Any] | None = Field(default=None, alias="schema")


class JsonSchemaFormat(Asked):
    """An answer that is JSON in a schema."""

    type: Literal["json_schema"]
    json_schema: JsonSchema


Format = Annotated[TextFormat | JsonObjectFormat | JsonSchemaFormat, Field(discriminator="type")]


class Function(Asked):
    """What the model is told of a function. `parameters` is a JSON schema of an object; calls follow it as far as that
    can be enforced, whether it is strict or not."""

    name: Name
    description: StrictStr | None = None
    parameters: dict[str, Any] | None = None
    strict: StrictBool | None = None


class Tool(Asked):
    """A function that the model may call."""

    type: Literal["function"] = "function"
    function: Function


class FunctionName(Asked):
    """The name of a function."""

    name: Name


class NamedChoice(Asked):
    """The tool that is to be called."""

    type: Literal["function"]
    function: FunctionName


class StreamOptions(Asked):
    """What a stream has beside the answer."""

    include_usage: StrictBool | None = None


class ChatCompletion(Asked):
    """A chat to be answered. What is null is as if it were not there."""

    messages: Messages
    model: StrictStr | None = None
    tools: Many[Tool] | None = None
    tool_choice: Literal["none", "auto", "required", "any"] | NamedChoice | None = None
    parallel_tool_calls: StrictBool | None = None
    response_format: Format | None = None
    temperature: Number | None = None
    top_p: Number | None = None
    top_k: StrictInt | None = None
    min_p: Number | None = None
    repetition_penalty: Number | None = None
    seed: StrictInt | None = None
    random_seed: StrictInt | None = None
    stop: StrictStr | Many[StrictStr] | None = None
    max_tokens: StrictInt | None = None
    max_completion_tokens: StrictInt | None = None
    logprobs: StrictBool | None = None
    top_logprobs: Annotated[int, Field(strict=True, ge=0, le=20)] | None = None
    n: StrictInt | None = None
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    continue_final_message: StrictBool | None = None
    add_generation_prompt: StrictBool | None = None
    reasoning_effort: Effort | None = None


class Tokenization(Asked):
    """What is to be counted: messages with their tools, or a plain text, `prompt`. As vLLM's /tokenize."""

    messages: Messages | None = None
    prompt: StrictStr | None = None
    model: StrictStr | None = None
    tools: Many[Tool] | None = None
    add_special_tokens: StrictBool | None = None
    continue_final_message: StrictBool | None = None
    add_generation_prompt: StrictBool | None = None
    reasoning_effort: Effort | None = None


def parse_chat(body: bytes) -> ChatCompletion:
    """The chat that a body asks for. Raises ApiError. Takes time that grows as the body: not for the event loop."""
    value = json_object(body)
    check_possible(value)
    return _parsed(ChatCompletion, value)


def parse_tokenize(body: bytes) -> Tokenization:
    """What a body asks to be counted. Raises ApiError, as parse_chat."""
    return _parsed(Tokenization, json_object(body))


def _parsed(kind: type[A], value: dict[str, Any]) -> A:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise as_api_error(error, value) from None  # whose text holds what a visitor wrote
