"""Whose connection ends where too much of what was sent waits to be taken."""

from dataclasses import dataclass

from web.crowd import Untaken


@dataclass(eq=False)
class Connection:
    host: str
    untaken: int
    rank: int = 0
    ended: bool = False

    def end(self) -> None:
        self.ended = True


def ended(untaken: Untaken, *connections: Connection) -> list[bool]:
    """Which of them are, once each was weighed."""
    for one in connections:
        untaken.weigh(one)
    return [one.ended for one in connections]


def test_of_whoever_has_too_much_what_has_waited_longest_ends() -> None:
    slow, ada = [Connection("slow", 40) for _ in range(4)], Connection("ada", 90)
    assert ended(Untaken(100, 1_000), ada, *slow) == [False, True, True, False, False]


def test_what_was_taken_since_does_not_count() -> None:
    untaken, first, second = Untaken(100, 1_000), Connection("office", 90), Connection("office", 90)
    untaken.weigh(first)
    first.untaken = 5
    assert ended(untaken, second) == [False]
    assert not first.ended


def test_where_all_have_too_much_whoever_has_most_pays() -> None:
    many, ada, newcomer = [Connection("many", 30) for _ in range(3)], Connection("ada", 10), Connection("new", 20)
    assert ended(Untaken(100, 110), *many, ada, newcomer) == [True, False, False, False, False]


def test_what_is_gone_counts_no_more() -> None:
    untaken = Untaken(100, 100)
    for _ in range(5):
        one = Connection("ada", 90)
        assert ended(untaken, one) == [False]
        untaken.drop(one)
