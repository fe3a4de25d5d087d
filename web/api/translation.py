"""A request of a program -> what an engine is asked, and what is asked of the reply."""

from dataclasses import dataclass

from backend.chat.request import ChatRequest, length
from web.api.chat.defaults import Defaults
from web.api.chat.history import history
from web.api.chat.settings import settings
from web.api.chat.tools import tools_of
from web.api.errors import ApiError, invalid
from web.api.pictures import Images, RequestImages
from web.api.requests import ChatCompletion, Tokenization

__all__ = ["Defaults", "ReplyOptions", "chat_request", "check_length", "check_model", "reply_options"]
MAX_TEXT = 2_000_000  # characters of a request


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
    sampled = settings(completion, defaults)
    tools, choice = tools_of(completion.tools, completion.tool_choice, defaults)
    said = history(completion.messages, RequestImages(images, defaults.max_images), _goes_on(completion))
    request = ChatRequest(
        said.system_prompt,
        said.messages,
        tools,
        sampled,
        choice,
        continues=said.continues,
        reasoning_effort=completion.reasoning_effort or "",
        send_thoughts=True,  # a program that sends thoughts back means them to be read
    )
    check_length(length(request), "messages")
    return request


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


def check_length(characters: int, param: str) -> None:
    """Raises ApiError where a text is too long to be cut into tokens, which takes seconds for a million characters."""
    if characters > MAX_TEXT:
        sentence = f"{param}: the text has {characters:,} characters; the limit is {MAX_TEXT:,}."
        raise invalid(param, sentence, "context_length_exceeded")


def _goes_on(asked: ChatCompletion | Tokenization) -> bool:
    """Whether the last message is to be gone on with. Raises ApiError."""
    if asked.continue_final_message and asked.add_generation_prompt:
        raise invalid(
            "add_generation_prompt", "add_generation_prompt must be false where continue_final_message is true."
        )
    return bool(asked.continue_final_message)
