"""Who counts as one visitor."""

import pytest

from web.requests import visitor


def who(client: str, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return visitor({"type": "http", "client": (client, 1234), "headers": headers})


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("2001:db8:1:2:3:4:5:6", "2001:DB8:1:2::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1:4711", "192.0.2.1:4712", True),
        ("[2001:db8:1:2::1]:4711", "2001:db8:1:2::2", True),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("fe80::1%eth0", "fe80::2%eth0", False),
        ("fd00:1::5", "fd00:1::6", False),
    ],
)
def test_who_has_a_network_of_ipv6_is_one_visitor(one: str, other: str, is_one: bool) -> None:
    assert (who(one) == who(other)) is is_one
    for proxy in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert who(proxy, f"198.51.100.1, {one}") == who(one)
    assert who("192.0.2.9", one) == "192.0.2.9"


def test_lines_of_one_header_are_one_list_whose_last_is_of_the_nearest_proxy() -> None:
    assert who("127.0.0.1", "198.51.100.1", "192.0.2.1") == "192.0.2.1"  # as HAProxy writes it
    assert who("127.0.0.1", "198.51.100.1, 198.51.100.2", "198.51.100.3, 192.0.2.1") == "192.0.2.1"
    assert who("127.0.0.1", "192.0.2.1", "") == "192.0.2.1"


def test_what_is_no_address_is_one_visitor_of_a_short_name() -> None:
    assert who("127.0.0.1", "x" * 10_000) == "x" * 64
    assert who("") == ""
