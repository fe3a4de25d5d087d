"""A refusal because of what the model can read at once -> a sentence with both numbers, where the server says them."""

import re

_TOO_LONG = re.compile(
    r"(?i)context[ _-]?(?:length|size|window|shift)|exceed_context_size|(?:maximum|max) model length|max_model_len"
    r"|too large for model|`?inputs`? (?:tokens \+|must have less)|prompt (?:is )?too long|input token count"
)
_LIMIT = re.compile(
    r"(?i)(?:context (?:length|size|window)|model length|tokens allowed|must be <=|\bn_ctx\")\W*"
    r"(?:(?:of|is|only)\W+){0,3}(\d{1,9})|(\d{1,9}) maximum"
)
_CONVERSATION = re.compile(
    r"(?i)(\d{1,9}) (?:tokens )?(?:in|from|of) the (?:input )?(?:messages|prompt)"
    r"|(\d{1,9}) `?(?:text )?inputs?`? tokens|n_prompt_tokens\"\W{1,3}(\d{1,9})"
)
_TOKENS = re.compile(r"(?i)(\d{1,9})\W{1,3}(?:\w+ )?tokens|(?:length|tokens|count)\W{1,3}(\d{1,9})")
_UNKNOWN = "This chat is too long for the model{}. Shorten your message, undo the last turn, or start a new chat."
_BOTH = (
    "This chat has {:,} tokens, and the model reads up to {:,}. Shorten your message, undo the last turn, or start a "
    "new chat."
)
_NO_ROOM = (
    "This chat ({:,} tokens) and its reply need more than the model's {:,} tokens. Lower “Max response length”, or "
    "shorten the chat."
)


def too_long(words: str, text: str) -> str:
    """The sentence, or nothing where the refusal is about something else. `text` is what of the words is for people.

    No text of a person's comes into it, but only numbers.
    """
    if not (_TOO_LONG.search(text) or "exceed_context_size" in words or "context_length_exceeded" in words):
        return ""
    limits = _numbers(_LIMIT, text) or _numbers(_LIMIT, words)
    limit = limits[0] if limits else 0
    given = (_numbers(_CONVERSATION, text) or _numbers(_CONVERSATION, words))[:1]
    if limit and given and given[0] <= limit:
        return _NO_ROOM.format(given[0], limit)
    longer = given or [number for number in _numbers(_TOKENS, text) if number > limit]
    if limit and longer:
        return _BOTH.format(max(longer), limit)
    return _UNKNOWN.format(f", which reads up to {limit:,} tokens" if limit else "")


def _numbers(pattern: re.Pattern[str], text: str) -> list[int]:
    return [int(next(filter(None, found.groups()))) for found in pattern.finditer(text)]
