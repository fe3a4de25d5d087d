"""Texts in which special tokens stand as marks."""

import re

from backend.tokenization.tokenizer import Tokenizer

MARKS = re.compile(r"(\[(?:TOOL_CALLS|CALL_ID|ARGS|/?INST|IMG|/?SYSTEM_PROMPT|/?THINK|/?TOOL_RESULTS)\]|</s>)")


def ids(text: str, tokenizer: Tokenizer) -> list[int]:
    """The ids of a text, in which marks such as [ARGS] stand for the special tokens."""
    found = []
    for piece in MARKS.split(text):
        special = MARKS.fullmatch(piece)
        found += [tokenizer.tekken.get_special_token(piece)] if special else tokenizer.text_ids(piece)
    return found
