"""The running app as processes of their own: one that is open to everybody, one behind a password."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from scripts.visitors import Visitor, running_app

NAME, PASSWORD = "ada", "pass:word"
LOGIN = {"username": NAME, "password": PASSWORD}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test that needs an app waits for its start, which takes minutes on a machine that is busy."""
    for item in items:
        if {"open_app", "closed_app"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(300))


@dataclass(frozen=True)
class App:
    """An address, and the file that takes what the app prints."""

    url: str
    log: Path

    def printed(self) -> str:
        """All of it so far."""
        return self.log.read_text(encoding="utf-8")


@asynccontextmanager
async def visitor(app: App, login: dict[str, str] | None = None, address: str = "") -> AsyncIterator[Visitor]:
    """A page of the app, opened by someone who logs in, and who comes from this address through a proxy."""
    headers = {"X-Forwarded-For": address} if address else {}
    async with httpx2.AsyncClient(timeout=60, headers=headers) as client:
        if login:
            await client.post(f"{app.url}/login", data=login)
        config = (await client.get(f"{app.url}/config")).json()
        yield Visitor(app.url, config, client)


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
    with running_app("--auth", f"{NAME}:{PASSWORD}", "--metrics", "--log", "json", log=log) as (url, _):
        yield App(url, log)
