"""The visitor's date is told by their time zone, whatever they call it."""

from datetime import UTC, datetime, timedelta

import pytest

from ui.values import today


def test_the_date_is_the_one_where_the_visitor_is() -> None:
    now = datetime.now(UTC)
    assert today("Pacific/Kiritimati") == (now + timedelta(hours=14)).date()
    assert today("Pacific/Niue") == (now - timedelta(hours=11)).date()
    assert today() == today("UTC") == now.date()


@pytest.mark.parametrize(
    "forged",
    [
        "Europe",
        "../../etc/passwd",
        "/etc/passwd",
        "Europe/Nowhere",
        "x" * 10_000,
        "Europe/Berlin\0",
        "é",
        " ",
        "tzdata.zi",
    ],
)
def test_a_zone_that_is_none_is_utc(forged: str) -> None:
    assert today(forged) == datetime.now(UTC).date()
