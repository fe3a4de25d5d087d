"""The running app as processes of their own: one that is open to everybody, one behind a password."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.visitors import running_app

NAME, PASSWORD = "ada", "pass:word"


@dataclass(frozen=True)
class App:
    """An address, and the file that takes what the app prints."""

    url: str
    log: Path

    def printed(self) -> str:
        """All of it so far."""
        return self.log.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def open_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """With the defaults."""
    log = tmp_path_factory.mktemp("open") / "log"
    with running_app(log=log) as (url, _):
        yield App(url, log)


@pytest.fixture(scope="session")
def closed_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """With a password, and everything that tells who runs it how it does."""
    log = tmp_path_factory.mktemp("closed") / "log"
    with running_app("--auth", f"{NAME}:{PASSWORD}", "--metrics", log=log) as (url, _):
        yield App(url, log)
