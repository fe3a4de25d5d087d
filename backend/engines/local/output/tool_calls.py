"""Token ids -> tool calls, and the ids that an answer which must be a call has to begin with.

Formats, from mistral_common.experimental.tools: up to v7 a JSON list, `[TOOL_CALLS][{"name", "arguments"}]`;
from v11 on `[TOOL_CALLS]name[CALL_ID]id[ARGS]{...}` or the same without [CALL_ID]; either can be repeated.
"""

import json
import re
from collections.abc import Sequence

from mistral_common.tokens.tokenizers.base import SpecialTokens, TokenizerVersion

from backend.chat.messages import ToolCall
from backend.chat.request import is_json, new_call_id
from backend.tokenization.tokenizer import Tokenizer

UNNAMED = "unnamed_tool"


def forced_ids(choice: str, tokenizer: Tokenizer) -> tuple[int, ...]:
    """The ids that an answer has to begin with so that a tool, or the tool of this name, is called; none for "auto"."""
    begin = tokenizer.special_id(SpecialTokens.tool_calls)
    if choice == "auto" or begin is None:
        return ()
    if choice == "required":
        return (begin,)
    if tokenizer.tekken.version <= TokenizerVersion.v7:
        return (begin, *tokenizer.text_ids(f'[{{"name": "{choice}", "arguments": {{'))
    arguments = tokenizer.special_id(SpecialTokens.args)
    name = tokenizer.text_ids(choice)
    return (begin, *name) if arguments is None else (begin, *name, arguments)


def parse_calls(ids: Sequence[int], tokenizer: Tokenizer, cut_off: bool = False) -> tuple[ToolCall, ...]:
    """The tool calls in `ids`, which begin with [TOOL_CALLS]; each gets a fresh id. Never raises.

    A malformed call keeps what the model wrote, for the toolbox to answer with an error.
    With `cut_off`, a last call without whole arguments is left out.
    """
    if not ids:
        return ()
    if tokenizer.tekken.version <= TokenizerVersion.v7:
        calls = [call for found, _ in _lists_and_texts(ids, tokenizer) for call in _from_list(found)]
    else:
        calls = [_from_segment(segment, tokenizer) for segment in _split(ids, ids[0])]
    if cut_off and calls and not is_json(calls[-1].arguments):
        calls = calls[:-1]
    return tuple(calls)


def text_after(ids: Sequence[int], tokenizer: Tokenizer) -> str:
    """What an answer says in words around its lists of calls, which it can up to v7. `ids` are as in parse_calls."""
    if not ids or tokenizer.tekken.version > TokenizerVersion.v7:
        return ""
    return " ".join(text for _, text in _lists_and_texts(ids, tokenizer) if text)


def _lists_and_texts(ids: Sequence[int], tokenizer: Tokenizer) -> list[tuple[str, str]]:
    return [_list_and_text(tokenizer.decode(segment).strip()) for segment in _split(ids, ids[0])]


def _list_and_text(written: str) -> tuple[str, str]:
    """(the list of calls, the words around it); all is the list where there is no JSON, or it has no end."""
    start = 0 if written.startswith(("[", "{")) else max(written.find("[{"), 0)
    try:
        _, end = json.JSONDecoder().raw_decode(written, start)
    except (ValueError, RecursionError):
        return written, ""
    return written[start:end], " ".join(filter(None, (written[:start].strip(), written[end:].strip())))


def _split(ids: Sequence[int], separator: int) -> list[Sequence[int]]:
    starts = [index for index, token in enumerate(ids) if token == separator]
    return [ids[start + 1 : end] for start, end in zip(starts, [*starts[1:], len(ids)], strict=True)]


def _from_segment(ids: Sequence[int], tokenizer: Tokenizer) -> ToolCall:
    name_ids, arguments_ids = _partition(ids, tokenizer.special_id(SpecialTokens.args))
    name_ids, id_ids = _partition(name_ids, tokenizer.special_id(SpecialTokens.call_id))
    name = tokenizer.decode(name_ids)
    arguments = tokenizer.decode(arguments_ids)
    if not arguments_ids:  # no [ARGS]: the arguments, if any, begin at the brace
        name, brace, rest = name.partition("{")
        _, opened, after_id = tokenizer.decode(id_ids).partition("{")
        arguments = brace + rest + opened + after_id
    return _call(name, arguments)


def _partition(ids: Sequence[int], separator: int | None) -> tuple[Sequence[int], Sequence[int]]:
    if separator is None or separator not in ids:
        return ids, []
    at = ids.index(separator)
    return ids[:at], ids[at + 1 :]


def _from_list(text: str) -> list[ToolCall]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return [_call(UNNAMED, text)]
    entries = entries if isinstance(entries, list) else [entries]
    return [
        _call(str(entry.get("name", "")), _text(entry.get("arguments")))
        if isinstance(entry, dict)
        else _call(UNNAMED, text)
        for entry in entries
    ]


def _text(arguments: object) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _call(name: str, arguments: str) -> ToolCall:
    """A call with a name that the protocol takes back: [a-zA-Z0-9_-], at most 64 characters."""
    clean = re.sub(r"[^a-zA-Z0-9_-]", "_", name.strip())[:64]
    return ToolCall(new_call_id(), clean or UNNAMED, arguments.strip())
