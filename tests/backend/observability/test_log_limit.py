"""What a stranger can cause again and again is written a few times, and then counted."""

import io
import logging
from collections.abc import Iterator

import pytest

from backend.observability.log_limit import MOST, LogLimit


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What comes through a handler with the limit."""
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)  # which a server in this process switches off
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.addFilter(LogLimit())
    logging.root.addHandler(handler)
    yield text
    logging.root.removeHandler(handler)


def fail(divisor: int) -> None:
    try:
        _ = 1 / divisor
    except ZeroDivisionError:
        logging.getLogger("app").exception("it failed for %s", "somebody")


def warn(number: int, name: str = "app") -> None:
    logging.getLogger(name).warning("refused call %d", number)


def test_a_flood_of_one_warning_is_a_few_lines_and_the_next_says_how_many_there_were(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1000):
        warn(number)
    assert written.getvalue().splitlines() == [f"refused call {number}" for number in range(MOST)]
    monkeypatch.setattr("backend.observability.log_limit.SECONDS", 1e-9)
    warn(1000)
    assert written.getvalue().splitlines()[MOST:] == ["refused call 1000 (and 995 more like it before)"]


def test_a_flood_of_traces_leaves_room_for_other_warnings(written: io.StringIO) -> None:
    for _ in range(1000):
        fail(0)
    warn(1)
    assert written.getvalue().count("ZeroDivisionError") == MOST
    assert written.getvalue().endswith("refused call 1\n")


def test_of_what_the_server_says_of_bad_requests_one_line_is_written(written: io.StringIO) -> None:
    for number in range(10):
        warn(number, "uvicorn.error")
    assert written.getvalue() == "refused call 0\n"


def test_what_is_no_warning_is_not_counted(written: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for number in range(100):
            logging.getLogger("requests").info("request %d finished", number)
    assert len(written.getvalue().splitlines()) == 100
