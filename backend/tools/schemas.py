"""The schemas that a person pastes: text -> ToolSpecs, or one sentence on what is wrong. Runs no tool."""

import json
import re
from collections.abc import Set
from dataclasses import dataclass

from backend.chat.errors import ToolsInvalid
from backend.chat.messages import ToolSpec
from backend.json_schema.numbers import finite, whole
from backend.tools.forms import NoTools, tools_in
from backend.tools.taking import taken

MAX_TEXT = 500_000  # characters: GitHub's 117 tools, indented, take 209,301
MAX_TOOLS = 512

_FENCE = re.compile(r"```[^\n`]*\n(.*?)\n?```", re.DOTALL)
_EVENT = re.compile(r"^data: ?(.*)$", re.MULTILINE)  # what a server streams, as curl shows it


@dataclass(frozen=True)
class Reading:
    """The tools in a text that can be used, what a person is told of them, and a sentence for each of the others."""

    specs: tuple[ToolSpec, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def parse_specs(text: str, names: Set[str] = frozenset()) -> tuple[ToolSpec, ...]:
    """The tools in a text that can be used; see read_specs. Raises ToolsInvalid where there are tools and none can."""
    read = read_specs(text, names)
    if read.refused and not read.specs:
        raise ToolsInvalid(read.refused[0])
    return read.specs


def parse_all(text: str) -> tuple[ToolSpec, ...]:
    """The tools in a text, each of which has to be usable: who asks is a program, which nobody tells of the others.

    Raises ToolsInvalid.
    """
    read = read_specs(text)
    if read.refused:
        raise ToolsInvalid(read.refused[0])
    return read.specs


def read_specs(text: str, names: Set[str] = frozenset()) -> Reading:
    """The tools in a JSON text, in any of the forms of forms.py. Blank text gives none.

    `names` are in use already. It costs time that nothing here bounds. Raises ToolsInvalid where it holds no tools.
    """
    if len(text) > MAX_TEXT:
        raise ToolsInvalid(f"The tools take {len(text):,} characters; the limit is {MAX_TEXT:,}.")
    plain = unwrapped(text)
    if not plain:
        return Reading()
    try:
        items = tools_in(strict_json(plain))
    except RecursionError as error:
        raise ToolsInvalid("This is not valid JSON: it is nested too deeply.") from error
    except NoTools as error:
        raise ToolsInvalid(f"{error}.") from error
    except ValueError as error:
        raise ToolsInvalid(f"This is not valid JSON: {error}.") from error
    if len(items) > MAX_TOOLS:
        raise ToolsInvalid(f"There are {len(items):,} tools; the limit is {MAX_TOOLS}.")
    return _read(items, names)


def unwrapped(text: str) -> str:
    """The JSON in a text that may have a byte order mark, a Markdown fence around it, or be a server's event."""
    plain = text.strip("\ufeff \t\r\n")
    if plain.startswith("```") and (fenced := _FENCE.match(plain)):
        return fenced[1].strip()
    if plain.startswith(("event:", "data:", "id:")):
        return "\n".join(_EVENT.findall(plain)).strip()
    return plain


def strict_json(text: str) -> object:
    """The value of a JSON text, as the standard has it: finite numbers and whole characters only.

    Raises ValueError, which says what is wrong and where, without a full stop.
    """
    try:
        value: object = json.loads(text, parse_constant=finite, parse_float=finite, parse_int=whole)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise ValueError("it holds half of a character, between \\ud800 and \\udfff") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return value


def _read(items: list[object], names: Set[str]) -> Reading:
    specs: dict[str, ToolSpec] = {}
    notes: dict[str, None] = {}
    refused = []
    for number, item in enumerate(items, start=1):
        try:
            tool = taken(item, number)
        except ToolsInvalid as error:
            refused.append(str(error))
            continue
        if tool.spec.name in specs or tool.spec.name in names:
            refused.append(f"Tool {number}, field “name”: there is another tool called {tool.spec.name}.")
            continue
        specs[tool.spec.name] = tool.spec
        notes.update(dict.fromkeys(tool.notes))
    return Reading(tuple(specs.values()), tuple(notes), tuple(refused))
