"""Any text, number, list or object as a literal in a script, which is exactly it and nothing else when it is run.

What is written so comes from a model, a tool, or whoever wrote to the chat: no text ends its literal, starts an
expansion, or hides how it is read (marks that turn the direction of writing are escaped, like all that is not seen).
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

WIDTH = 88  # characters of a piece of text, and of what stands on one line
MOST_LINES = 2_000  # of a text; one with more is cut by its length alone
INDENT = "    "
# What interactive shells read as an earlier command even in a quoted here-document: not before these.
_HISTORY = re.compile(r"!(?![ =(])")


class Code(str):
    """An expression that stands in a Python literal as it is."""


def python_value(value: Any, level: int = 0) -> str:
    """JSON's values, with `Code` among them, as a Python expression that begins at this level of indentation."""
    if isinstance(value, Code):
        return value
    if isinstance(value, str):
        return _python_text(value, level)
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if not isinstance(value, dict | list):
        return repr(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    entries = list(_entries(value, level + 1))
    flat = ", ".join(entries)
    if len(flat) + len(INDENT) * level <= WIDTH and "\n" not in flat:
        return f"{opening}{flat}{closing}"
    inner = INDENT * (level + 1)
    return f"{opening}\n" + "".join(f"{inner}{entry},\n" for entry in entries) + f"{INDENT * level}{closing}"


def _entries(value: dict[str, Any] | list[Any], level: int) -> Iterator[str]:
    if isinstance(value, list):
        yield from (python_value(each, level) for each in value)
        return
    for key, each in value.items():
        yield f"{_quoted(key)}: {python_value(each, level)}"


def _python_text(text: str, level: int) -> str:
    pieces = [_quoted(piece) for piece in _pieces(text)]
    if len(pieces) == 1:
        return pieces[0]
    inner = INDENT * (level + 1)
    return "(\n" + "".join(f"{inner}{piece}\n" for piece in pieces) + f"{INDENT * level})"


def _pieces(text: str) -> list[str]:
    """The text cut behind its line breaks, and where a line is long; at least one piece."""
    lines = text.splitlines(keepends=True) if text.count("\n") <= MOST_LINES else [text]
    if len(lines) > MOST_LINES:  # of other breaks, of which there are many
        lines = [text]
    width = max(WIDTH, len(text) // MOST_LINES)
    return [piece for line in lines for piece in _cut(line, width)] or [""]


def _cut(line: str, width: int) -> Iterator[str]:
    """Behind a blank, where there is one."""
    at = 0
    while at < len(line):
        end = at + width
        if end < len(line):
            end = line.rfind(" ", at + width // 2, end) + 1 or end
        yield line[at:end]
        at = end


def _quoted(text: str) -> str:
    if text.isprintable():
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '\\"':
        return "\\" + character
    return character if character.isprintable() else repr(character)[1:-1]


def json_lines(value: Any) -> str:
    """A value as indented JSON whose lines may stand in a quoted here-document of any shell.

    Outside of texts it has line breaks and blanks alone, and none within a text. No line is a word alone.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2)
    lines = [line if line.isprintable() else "".join(map(_in_json, line)) for line in text.split("\n")]
    return _HISTORY.sub("\\\\u0021", "\n".join(lines))


def _in_json(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
