"""Where tools come from that may come and go while the app runs, such as those of a server."""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Protocol

from backend.tools.toolbox import Tool

MAX_NAME = 64  # characters, by the protocol's rule
REMEMBERED = 10_000  # names of tools that are gone again


@dataclass(frozen=True)
class ToolGroup:
    """Tools of one origin, as the page lists them; those that ship have none, "".

    `problem` is a sentence on why they cannot be had. `is_connecting`: they may come in a moment.
    """

    name: str = ""
    tools: tuple[Tool, ...] = ()
    problem: str = ""
    is_connecting: bool = False


class ToolSource(Protocol):
    """Whoever offers tools whose list may change."""

    def groups(self) -> tuple[ToolGroup, ...]:
        """What there is now. Returns at once, as it is asked often and from any thread."""


class Names:
    """What the tools of sources are called. Safe to use from threads.

    A name is one tool's alone: a later one is prefixed with its group's, or has a number where that is taken too. Who
    has a name keeps it, while others come and while it is gone itself: what a person has turned on or allowed by it
    never becomes another's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: dict[tuple[str, str, int], str] = {}  # by group, own name, and which of those that have both

    def called(self, groups: Iterable[ToolGroup], fixed: Set[str]) -> tuple[ToolGroup, ...]:
        """The groups with their tools by these names, of which none is among the `fixed`."""
        with self._lock:
            taken, alike, named = {*fixed, *self._given.values()}, Counter[tuple[str, str]](), []
            now: dict[tuple[str, str, int], str] = {}
            for group in groups:
                tools = []
                for tool in group.tools:
                    alike[group.name, tool.name] += 1
                    key = (group.name, tool.name, alike[group.name, tool.name])
                    name = now[key] = self._given.get(key) or _free(tool.name, group.name, taken)
                    taken.add(name)
                    tools.append(tool if name == tool.name else replace(tool, spec=replace(tool.spec, name=name)))
                named.append(replace(group, tools=tuple(tools)))
            self._given = now if len(self._given) > REMEMBERED else self._given | now
        return tuple(named)


def offered(
    fixed: Iterable[Tool], sources: Iterable[ToolSource] = (), names: Names | None = None
) -> tuple[ToolGroup, ...]:
    """All groups: the tools that are fixed by their `source`, then those of the sources, called by these names."""
    by_source: defaultdict[str, list[Tool]] = defaultdict(list)
    for tool in fixed:
        by_source[tool.source].append(tool)
    groups = [ToolGroup(name, tuple(tools)) for name, tools in by_source.items()]
    taken = {tool.name for group in groups for tool in group.tools}
    more = (group for source in sources for group in source.groups())
    return (*groups, *(names or Names()).called(more, taken))


def fitting_name(text: str) -> str:
    """The text as a tool's name: of a-z, A-Z, 0-9, _ and -, and not too long."""
    name = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "_-") else "_" for sign in text)
    return name[:MAX_NAME] or "_"


def _free(name: str, group: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    prefixed = fitting_name(f"{group}_{name}")
    numbered = (f"{prefixed[: MAX_NAME - 6]}_{number}" for number in count(2))
    return next(each for each in chain([prefixed], numbered) if each not in taken)
