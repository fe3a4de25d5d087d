"""A request of a program -> what an engine is asked, and what is asked of the reply."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from backend.chat.errors import ToolsInvalid
from backend.chat.messages import ToolSpec
from backend.chat.request import ChatRequest
from backend.chat.settings import MAX_SCHEMA, RANGES, GenerationSettings
from backend.tools.schemas import parse_specs
from web.api.errors import ApiError, invalid
from web.api.history import history
from web.api.pictures import Images, RequestImages
from web.api.requests import ChatCompletion, JsonObjectFormat, JsonSchemaFormat, NamedChoice, Tokenization

ANY_OBJECT = '{"type": "object"}'


@dataclass(frozen=True)
class Defaults:
    """What counts for each request: the names that models go by, the first being that of the one that answers; the
    longest answer, in tokens, which is also that of who names none; and how many pictures there can be.

    `read_tools` gives the tools in a JSON text, and raises ToolsInvalid; `schema_fault` says what is wrong with a
    schema for answers, and nothing where it can be used. Both may take seconds.
    """

    models: tuple[str, ...] = ()
    max_tokens: int = 4096
    max_images: int = 10
    read_tools: Callable[[str], tuple[ToolSpec, ...]] = parse_specs
    schema_fault: Callable[[str], str] = lambda _: ""


@dataclass(frozen=True)
class ReplyOptions:
    """What is asked of the reply: whether it is streamed, and ends with what it took; the tokens' probabilities, with
    so many alternatives each; whether there may be several calls; and the model's name to reply with."""

    stream: bool = False
    include_usage: bool = False
    logprobs: bool = False
    top_logprobs: int = 0
    parallel_tool_calls: bool = True
    model: str = ""


def chat_request(completion: ChatCompletion, images: Images, defaults: Defaults) -> ChatRequest:
    """What the engine is asked. Takes pictures in, which may take seconds: not for the event loop. Raises ApiError."""
    check_model(completion.model, defaults)
    settings = _settings(completion, defaults)
    tools, choice = _tools(completion.tools, completion.tool_choice, defaults)
    said = history(completion.messages, RequestImages(images, defaults.max_images), _goes_on(completion))
    return ChatRequest(
        said.system_prompt,
        said.messages,
        tools,
        settings,
        choice,
        continues=said.continues,
        scores=bool(completion.logprobs),
    )


def reply_options(completion: ChatCompletion, defaults: Defaults) -> ReplyOptions:
    """What is asked of the reply. Raises ApiError."""
    if completion.top_logprobs is not None and not completion.logprobs:
        raise invalid("top_logprobs", "top_logprobs needs logprobs: set that to true.")
    options = completion.stream_options
    if options and not completion.stream:
        raise invalid("stream_options", "stream_options needs stream: set that to true.")
    return ReplyOptions(
        bool(completion.stream),
        bool(options and options.include_usage),
        bool(completion.logprobs),
        completion.top_logprobs or 0,
        completion.parallel_tool_calls is not False,
        completion.model or next(iter(defaults.models), ""),
    )


def check_model(name: str | None, defaults: Defaults) -> None:
    """Raises ApiError where a model is named that is not there; who names none has the one that answers."""
    if name and name not in defaults.models:
        there = ", ".join(defaults.models[:5])
        raise ApiError(404, f"The model “{name[:100]}” isn't here. There is: {there}.", "model", "model_not_found")


def _goes_on(asked: ChatCompletion | Tokenization) -> bool:
    """Whether the last message is to be gone on with. Raises ApiError."""
    if asked.continue_final_message and asked.add_generation_prompt:
        raise invalid(
            "add_generation_prompt", "add_generation_prompt must be false where continue_final_message is true."
        )
    return bool(asked.continue_final_message)


def _settings(completion: ChatCompletion, defaults: Defaults) -> GenerationSettings:
    """How the answer is sampled. Raises ApiError, which names the first setting that is out of its range."""
    given = {name: getattr(completion, name) for name, *_ in RANGES if name not in ("max_tokens", "top_k")}
    if completion.top_k is not None:
        given["top_k"] = max(0, completion.top_k) if completion.top_k == -1 else completion.top_k  # vLLM's for none
    if completion.stop:
        given["stop"] = (completion.stop,) if isinstance(completion.stop, str) else tuple(completion.stop)
    given = {name: value for name, value in given.items() if value is not None}
    for name, value in given.items():
        try:
            GenerationSettings(**{name: value})
        except ValueError as error:
            raise invalid(name, str(error)) from error
    return GenerationSettings(
        **given, max_tokens=_max_tokens(completion, defaults.max_tokens), json_schema=_json_schema(completion, defaults)
    )


def _max_tokens(completion: ChatCompletion, most: int) -> int:
    """As many as are asked for, but no more than there can be: programs ask for all that a model's card names."""
    for name in ("max_tokens", "max_completion_tokens"):
        value = getattr(completion, name)
        if value is not None and value < 1:
            raise invalid(name, f"{name} must be at least 1, not {str(value)[:20]}.")
    wanted = completion.max_completion_tokens or completion.max_tokens
    return min(wanted or most, most)


def _json_schema(completion: ChatCompletion, defaults: Defaults) -> str:
    match completion.response_format:
        case JsonObjectFormat():
            return ANY_OBJECT
        case JsonSchemaFormat(json_schema=given) if given.json_schema is not None:
            where, schema = "response_format.json_schema.schema", json.dumps(given.json_schema, ensure_ascii=False)
            if len(schema) > MAX_SCHEMA:
                raise invalid(where, f"{where} has {len(schema):,} characters; the limit is {MAX_SCHEMA:,}.")
            try:
                GenerationSettings(json_schema=schema)
            except ValueError as error:
                raise invalid(where, f"{where} is nested too deeply.") from error
            if fault := defaults.schema_fault(schema):
                raise invalid(where, f"{where}: {fault}")
            return schema
        case JsonSchemaFormat():
            return ANY_OBJECT
    return ""


def _tools(
    tools: list[dict[str, object]] | None, choice: str | NamedChoice | None, defaults: Defaults
) -> tuple[tuple[ToolSpec, ...], str]:
    """The tools, and which of them is to be called. Raises ApiError."""
    if choice == "none" or not tools:
        if choice in ("required", "any") or isinstance(choice, NamedChoice):
            raise invalid("tool_choice", "tool_choice asks for a call, but there are no tools.")
        return (), "auto"
    try:
        specs = defaults.read_tools(json.dumps(tools, ensure_ascii=False))
    except ToolsInvalid as error:
        raise invalid("tools", f"tools: {error}") from error
    if isinstance(choice, NamedChoice):
        name = choice.function.name
        if name not in {spec.name for spec in specs}:
            raise invalid("tool_choice", f"tool_choice: no tool is called {name}.")
        return specs, name
    return specs, "required" if choice in ("required", "any") else "auto"
