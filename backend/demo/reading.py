"""A demo's file -> what it says, or one sentence that names the file and the key."""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import replace
from json import JSONDecodeError, loads
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from backend.chat.errors import ImageRefused, InputRefused, UserError
from backend.chat.settings import GenerationSettings
from backend.demo.faults import sentence
from backend.demo.file import BOUNDED, DemoKeys, ExampleKeys
from backend.demo.values import Bounds, Demo, DemoExample
from backend.extraction.ready_made import ReadyMade, ready_made
from backend.extraction.schema_check import finding
from backend.storage.decoding.picture import LONGEST_EDGE, decoded

MAX_FILE, MAX_PICTURE = 1_000_000, 20_000_000  # bytes


class DemoInvalid(UserError):
    """A demo cannot be had as its file says: which key, and why."""


def read_demo(path: Path, tools: Collection[str], may_have_others: bool = False) -> Demo:
    """What the file says. `tools` are the names of those that there are, `may_have_others` says that some come later.

    Raises DemoInvalid. Files that it names lie beside it.
    """
    path = path.expanduser()
    try:
        keys = DemoKeys.model_validate(_table(path))
        return _Reading(path.parent, None if may_have_others else tools).demo(keys)
    except ValidationError as error:
        raise DemoInvalid(f"{path.name}: {sentence(error)}") from None
    except InputRefused as error:
        raise DemoInvalid(f"{path.name}: {error}") from None


def _table(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_FILE:
            raise InputRefused(f"the file has more than {MAX_FILE:,} bytes.")
        return tomllib.loads(path.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputRefused("the file is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputRefused(f"{error}.") from None
    except OSError as error:
        raise DemoInvalid(f"--demo {path} can't be read: {error.strerror}.") from None


class _Reading:
    """Reads one file's values, and looks at the files that it names. Raises InputRefused."""

    def __init__(self, folder: Path, tools: Collection[str] | None) -> None:
        """`tools` are the names of those that there are; None where nobody knows yet."""
        self.folder, self.tools = folder, tools

    def demo(self, keys: DemoKeys) -> Demo:
        """All of it."""
        self._check_tools(keys.tools, "tools")
        templates = keys.templates and _once([each.name for each in keys.templates], "templates", "name")
        schemas = None if keys.schemas is None else tuple(self._schemas(keys.schemas))
        settings, bounds = _settings(keys.settings)
        if keys.schema_on:
            settings = replace(settings, json_schema=self._schema_on(keys.schema_on, schemas))
        return Demo(
            keys.title,
            keys.introduction.strip(),
            keys.notice.strip(),
            None if keys.examples is None else tuple(self._examples(keys.examples)),
            None if templates is None else tuple((each.name, each.text.strip()) for each in keys.templates or ()),
            schemas,
            None if keys.system_prompt is None else keys.system_prompt.strip(),
            tuple(dict.fromkeys(keys.tools)),
            settings,
            bounds,
            frozenset(keys.hidden),
            frozenset(keys.fixed),
        )

    def _examples(self, examples: Sequence[ExampleKeys]) -> list[DemoExample]:
        found = []
        for index, example in enumerate(examples):
            self._check_tools(example.tools, f"examples[{index}].tools")
            pictures = [
                self._picture(name, f"examples[{index}].pictures[{at}]") for at, name in enumerate(example.pictures)
            ]
            found.append(DemoExample(example.title, example.text.strip(), tuple(pictures), tuple(example.tools)))
        return found

    def _check_tools(self, names: Sequence[str], key: str) -> None:
        for name in names:
            if self.tools is not None and name not in self.tools:
                known = ", ".join(self.tools) or "none"
                raise InputRefused(f"{key} names the tool {name!r}, which isn't there; there are {known}.")

    def _picture(self, name: str, key: str) -> str:
        path = self._file(name, key)
        try:
            if path.stat().st_size > MAX_PICTURE:
                raise InputRefused(f"{key} names {name}, which has more than {MAX_PICTURE // 1_000_000} MB.")
            decoded(path.read_bytes(), name, LONGEST_EDGE)
        except ImageRefused as error:
            raise InputRefused(f"{key}: {error}") from None
        except OSError as error:
            raise InputRefused(f"{key} names {name}, which can't be read: {error.strerror}.") from None
        return str(path)

    def _file(self, name: str, key: str) -> Path:
        path = (self.folder / name).resolve()
        if not path.is_file():
            raise InputRefused(f"{key} names {name}, which isn't there.")
        return path

    def _schemas(self, names: Sequence[str]) -> list[ReadyMade]:
        found = [self._schema(name, f"schemas[{index}]") for index, name in enumerate(names)]
        _once([each.title for each in found], "schemas", "title")
        return found

    def _schema(self, name: str, key: str) -> ReadyMade:
        """One that comes with the app, by its title, or that of a file."""
        known = {each.title: each for each in ready_made()}
        if name in known:
            return known[name]
        if not name.endswith(".json"):
            raise InputRefused(f"{key} names {name!r}, which is neither a .json file nor one of {', '.join(known)}.")
        path = self._file(name, key)
        try:
            text = path.read_text("utf-8-sig").strip()
            if (fault := finding(text)) and fault.is_fault:
                raise InputRefused(f"{key}: {name}: {fault.sentence}")
            GenerationSettings(json_schema=text)
            title = loads(text).get("title")
        except (OSError, UnicodeDecodeError, JSONDecodeError, RecursionError):
            raise InputRefused(f"{key} names {name}, which can't be read as JSON.") from None
        except ValueError as error:
            raise InputRefused(f"{key}: {name}: {error}") from None
        return ReadyMade(title if isinstance(title, str) and title.strip() else path.stem, text)

    def _schema_on(self, name: str, offered: Sequence[ReadyMade] | None) -> str:
        for each in offered or ():
            if each.title == name:
                return each.text
        found = self._schema(name, "schema")
        if offered is not None and found not in offered:
            raise InputRefused(f"schema names {name!r}, which isn't one of schemas.")
        return found.text


def _settings(keys: BaseModel) -> tuple[GenerationSettings, tuple[Bounds, ...]]:
    """What an answer is sampled with at first, and between what it may be."""
    usual, bounds = GenerationSettings(), []
    values: dict[str, Any] = {"stop": tuple(getattr(keys, "stop", ()))}
    for name, widest in BOUNDED.items():
        if (given := getattr(keys, name)) is None:
            continue
        low = widest[0] if given.min is None else given.min
        high = widest[1] if given.max is None else given.max
        if low > high:
            raise InputRefused(f"settings.{name}.min must be at most max, {high:g}, not {low:g}.")
        start = min(max(getattr(usual, name), low), high) if given.default is None else given.default
        if not low <= start <= high:
            raise InputRefused(f"settings.{name}.default must be between {low:g} and {high:g}, not {start:g}.")
        values[name] = start
        if (given.min, given.max) != (None, None):
            bounds.append(Bounds(name, low, high))
    return replace(usual, **values), tuple(bounds)


def _once(names: list[str], key: str, what: str) -> list[str]:
    """The names, where none is there twice."""
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InputRefused(f"{key}[{index}] has the {what} {name!r} once more.")
    return names
