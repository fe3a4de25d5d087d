"""The running app as processes of their own: one that is open to everybody, one behind a password."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from scripts.visitors import Visitor, running_app
from ui.gradio_patches.uploads import INCOMING, machine

NAME, PASSWORD = "ada", "pass:word"
DISK_MB, STREAMS = 410, 5  # of the small app
LOGIN = {"username": NAME, "password": PASSWORD}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test that needs an app waits for its start, which takes minutes on a machine that is busy."""
    for item in items:
        if {"open_app", "closed_app", "small_app"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.timeout(300))


@dataclass(frozen=True)
class App:
    """An address, the file that takes what the app prints, and the folder of uploads where it has its own."""

    url: str
    log: Path
    uploads: Path = Path()

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
def small_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One that takes small pictures and little of anything. Its uploads are in a folder of its own."""
    folder, log = tmp_path_factory.mktemp("uploads"), tmp_path_factory.mktemp("small") / "log"
    left = folder / INCOMING / f"{machine()}-999999999-left"  # of a process that was killed
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"x")
    limits = ("--max-upload-mb", "1", "--max-disk-mb", str(DISK_MB), "--max-streams", str(STREAMS))
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("GRADIO_TEMP_DIR", str(folder))
        with running_app(*limits, log=log) as (url, _):
            yield App(url, log, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def closed_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """With a password, and everything that tells who runs it how it does."""
    log = tmp_path_factory.mktemp("closed") / "log"
    with running_app("--auth", f"{NAME}:{PASSWORD}", "--metrics", "--log", "json", log=log) as (url, _):
        yield App(url, log)
