"""One tool as it was published -> what the model is told of it, with what had to be read otherwise."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from backend.chat.errors import ToolsInvalid
from backend.chat.messages import ToolSpec
from backend.json_schema.drafts import DRAFTS, NEWEST, judged, named
from backend.json_schema.enforced import unenforced
from backend.json_schema.references import dangling, inlined, without
from backend.json_schema.spelling import spelled
from backend.json_schema.walk import is_deeper, schemas
from backend.tools.forms import Declaration, declared

MAX_DEPTH = 40  # levels of a schema
PATTERNS = "A “pattern” is told to the model; calls are checked against it where that takes little time."
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # the protocol's rule


@dataclass(frozen=True)
class TakenTool:
    """A tool that can be used. `notes` are sentences for a person on what was read otherwise than it stands there.

    `unenforced` are the keywords of its schema that no grammar keeps a model to; a call is checked against them too.
    """

    spec: ToolSpec
    notes: tuple[str, ...] = ()
    unenforced: tuple[str, ...] = ()


def taken(tool: object, number: int = 1) -> TakenTool:
    """The tool in a JSON value, in any of the forms of forms.py; `number` is what a tool without a name is known by.

    It costs time that nothing here bounds. Raises ToolsInvalid, naming the tool and the field.
    """
    given = declared(tool)
    name, notes = _name(given, number)
    if given.description is not None and not isinstance(given.description, str):
        raise ToolsInvalid(f"{name}, field “description”: it must be text.")
    try:
        schema, more = _schema(given, name)
    except _Wrong as wrong:
        raise ToolsInvalid(f"{name}, field “{given.field}{wrong.where}”: {wrong}.") from wrong
    except RecursionError as error:
        raise ToolsInvalid(f"{name}, field “{given.field}”: it is nested too deeply.") from error
    spec = ToolSpec(name, given.description or "", json.dumps(schema, ensure_ascii=False))
    loose = unenforced(schema)
    if loose:
        more.append(f"{name}: {_quoted(loose)} may not be enforced while a call is written; the call is checked.")
    return TakenTool(spec, (*notes, *more), loose)


class _Wrong(ValueError):
    def __init__(self, where: str, reason: str) -> None:
        super().__init__(reason)
        self.where = where


def _name(given: Declaration, number: int) -> tuple[str, list[str]]:
    if given.wrong and not given.wrong[0]:
        raise ToolsInvalid(f"Tool {number} {given.wrong[1]}.")
    if given.wrong:
        raise ToolsInvalid(f"Tool {number}, field “{given.wrong[0]}”: {given.wrong[1]}.")
    if given.name is None:
        raise ToolsInvalid(f"Tool {number}, field “name”: it is missing.")
    written = given.name.strip() if isinstance(given.name, str) else ""
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", written)
    if not _NAME.fullmatch(name) or not re.search("[a-zA-Z0-9]", name):
        raise ToolsInvalid(f"Tool {number}, field “name”: it must be 1 to 64 characters of a-z, A-Z, 0-9, _ and -.")
    return name, [] if name == written else [f"“{written}” is called {name} here."]


def _schema(given: Declaration, name: str) -> tuple[dict[str, Any], list[str]]:
    """The schema as the model is told it, and notes. Raises _Wrong and RecursionError."""
    if given.schema is None:
        return {"type": "object", "properties": {}}, []
    if not isinstance(given.schema, dict):
        raise _Wrong("", "it must be a JSON schema, an object")
    if is_deeper(given.schema, MAX_DEPTH):
        raise _Wrong("", f"it is nested deeper than {MAX_DEPTH} levels")
    schema, words = spelled(given.schema)
    notes = (
        [f"{name}: {_quoted(words)} {'is' if len(words) == 1 else 'are'} read as JSON Schema has it."] if words else []
    )
    draft, wrong = judged(schema)
    if wrong:
        raise _Wrong(dotted(wrong.absolute_path), shortened(wrong.message))
    if "object" not in (kinds if isinstance(kinds := schema.get("type", "object"), list) else [kinds]):
        raise _Wrong(".type", "it must be “object”, since arguments have names")
    lost = dict(dangling(schema, draft))
    for steps, reference in lost.items():
        if not reference.startswith("#"):
            raise _Wrong(
                dotted(steps), f"“{shortened(reference, 80)}” is elsewhere; put it into “$defs” of this schema"
            )
        notes.append(f"{name}, field “{given.field}{dotted(steps)}”: it leads nowhere, so any value goes there.")
    schema = inlined(without(schema, lost.keys()) if lost else schema, draft)
    if any("pattern" in part or "patternProperties" in part for _, part in schemas(schema)):
        notes.append(PATTERNS)
    return (schema if draft in (NEWEST, named(schema)) else {"$schema": _mark(draft), **schema}), notes


def _mark(draft: str) -> str:
    return draft if draft in list(DRAFTS)[:2] else f"{draft}#"


def _quoted(words: Iterable[str]) -> str:
    shown = [f"“{shortened(word, 40)}”" for word in words]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def place(steps: Iterable[str | int]) -> str:
    """Where in a JSON value, as `parameters.items[2]`; empty for the whole of it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def shortened(text: str, limit: int = 200) -> str:
    """The text, without its middle where it is longer than `limit` characters: a reason stands at its end."""
    return text if len(text) <= limit else f"{text[: limit // 2]}…{text[-(limit // 2) :]}"


def dotted(steps: Iterable[str | int]) -> str:
    """The place behind the name of what holds it, as `.items[2]`."""
    path = shortened(place(steps))
    return path if path.startswith("[") or not path else f".{path}"
