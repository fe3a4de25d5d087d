"""The demo that the app is started with, if any: without one nothing of it is read, or imported."""

from collections.abc import Sequence
from pathlib import Path

from backend.demo.values import NO_DEMO, Demo


def opened(path: Path | None, tools: Sequence[str], servers: Path | None = None) -> Demo:
    """What the file says, with tools of these names; those of servers are known later. Raises DemoInvalid."""
    if path is None:
        return NO_DEMO
    from backend.demo.reading import read_demo

    return read_demo(path, tools, may_have_others=servers is not None)
