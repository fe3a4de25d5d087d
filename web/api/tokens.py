"""/v1/tokenize: the exact tokens of a chat with its pictures, or of a text. As vLLM's /tokenize answers."""

from typing import Any

from backend.tokenization.count import Counter, TokenCounter
from web.api.errors import ApiError, invalid
from web.api.pictures import Images
from web.api.requests import ChatCompletion, Tokenization
from web.api.translation import Defaults, chat_request, check_length, check_model

NO_TOKENIZER = "The tokens aren't known without the model's tokenizer. Start the app with --tokenizer."


def tokenize(asked: Tokenization, images: Images, defaults: Defaults, counter: Counter | None) -> dict[str, Any]:
    """The ids, how many they are, and how many the model can read. Takes seconds: not for the event loop.

    Raises ApiError, and RequestRejected where the protocol does not allow such messages.
    """
    check_model(asked.model, defaults)
    if (asked.messages is None) == (asked.prompt is None):
        raise invalid("messages", "Send either messages or a prompt.")
    if not isinstance(counter, TokenCounter):
        raise ApiError(501, NO_TOKENIZER)
    if asked.messages is None:
        prompt = asked.prompt or ""
        check_length(len(prompt), "prompt")
        ids = counter.text_ids(prompt, is_begun=asked.add_special_tokens is not False)
    else:
        ids = counter.ids(chat_request(_as_chat(asked), images, defaults))
    return {"count": len(ids), "max_model_len": counter.limit, "tokens": ids}


def _as_chat(asked: Tokenization) -> ChatCompletion:
    """The chat that would have these tokens; what says how it would be answered is none of them."""
    return ChatCompletion.model_construct(
        messages=asked.messages,
        tools=asked.tools,
        continue_final_message=asked.continue_final_message,
        add_generation_prompt=asked.add_generation_prompt,
        reasoning_effort=asked.reasoning_effort,
    )
