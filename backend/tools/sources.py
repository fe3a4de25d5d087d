"""Where tools come from that may come and go while the app runs, such as those of a server."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from backend.tools.toolbox import Tool

MAX_NAME = 64  # characters, by the protocol's rule


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


def offered(fixed: Iterable[Tool], sources: Iterable[ToolSource] = ()) -> tuple[ToolGroup, ...]:
    """All groups: the tools that are fixed by their `source`, then those of the sources.

    A name is one tool's alone: a later one is prefixed with its group's, or has a number where that is taken too.
    """
    by_source: defaultdict[str, list[Tool]] = defaultdict(list)
    for tool in fixed:
        by_source[tool.source].append(tool)
    groups = [ToolGroup(name, tuple(tools)) for name, tools in by_source.items()]
    taken = {tool.name for group in groups for tool in group.tools}
    for group in (group for source in sources for group in source.groups()):
        tools = []
        for tool in group.tools:
            name = _free(tool.name, group.name, taken)
            taken.add(name)
            tools.append(tool if name == tool.name else replace(tool, spec=replace(tool.spec, name=name)))
        groups.append(replace(group, tools=tuple(tools)))
    return tuple(groups)


def fitting_name(text: str) -> str:
    """The text as a tool's name: of a-z, A-Z, 0-9, _ and -, and not too long."""
    name = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "_-") else "_" for sign in text)
    return name[:MAX_NAME] or "_"


def _free(name: str, group: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    prefixed = fitting_name(f"{group}_{name}")
    names = [prefixed, *(f"{prefixed[: MAX_NAME - 4]}_{number}" for number in range(2, 1000))]
    return next(each for each in names if each not in taken)
