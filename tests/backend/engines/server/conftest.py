"""A stub of a server, which each test has to itself."""

from collections.abc import Iterator

import pytest

from tests.support.stub_server import Stub, stub_server


@pytest.fixture(scope="module")
def running() -> Iterator[Stub]:
    with stub_server() as stub:
        yield stub


@pytest.fixture
def stub(running: Stub) -> Stub:
    running.bodies.clear()
    running.answers, running.listing = [], None
    return running
