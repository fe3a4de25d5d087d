"""The running app with its API, behind a login and with a key."""

from collections.abc import Iterator

import pytest

from scripts.visitors import running_app

KEY = "EMPTY"  # as the model card has it
AUTH = ("ada", "pass:word")
MANY = 32  # answers at once


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The API's address."""
    options = ("--api-key-env", "KEY_OF_PROGRAMS", "--auth", ":".join(AUTH), "--metrics")
    with running_app(*options, "--max-per-visitor", str(MANY), KEY_OF_PROGRAMS=KEY) as (app, _):
        yield f"{app}/v1"
