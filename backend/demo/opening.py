"""The demo that the app is started with, if any: without one nothing of it is read, or imported."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from backend.demo.values import NO_DEMO, Demo


class Named(Protocol):
    """A tool."""

    @property
    def name(self) -> str:
        """By which a demo names it."""
        ...


def opened(path: Path | None, tools: Iterable[Iterable[Named]], servers: Path | None = None) -> Demo:
    """What the file says, with these groups of tools; those of servers are known later. Raises DemoInvalid."""
    if path is None:
        return NO_DEMO
    from backend.demo.reading import read_demo

    return read_demo(path, [tool.name for group in tools for tool in group], may_have_others=servers is not None)
