"""The running app with its API, behind a login and with a key."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.visitors import running_app

KEY = "EMPTY"  # as the model card has it
AUTH = ("ada", "pass:word")
MANY = 32  # answers at once


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the app prints."""
    return tmp_path_factory.mktemp("api") / "log"


@pytest.fixture(scope="session")
def url(log: Path) -> Iterator[str]:
    """The API's address."""
    options = ("--api-key-env", "KEY_OF_PROGRAMS", "--auth", ":".join(AUTH), "--metrics")
    with running_app(*options, "--max-per-visitor", str(MANY), log=log, KEY_OF_PROGRAMS=KEY) as (app, _):
        yield f"{app}/v1"
