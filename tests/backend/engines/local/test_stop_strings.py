"""Stop texts in a stream of pieces: the answer ends before the first, wherever the pieces are cut."""

from collections.abc import Iterator
from itertools import combinations

import pytest

from backend.engines.local.output.stop_strings import StopStrings


def cuts(text: str) -> Iterator[list[str]]:
    """The text in pieces, in every possible way."""
    for count in range(len(text)):
        for places in combinations(range(1, len(text)), count):
            yield [text[a:b] for a, b in zip((0, *places), (*places, len(text)), strict=True)]


def streamed(pieces: list[str], stops: tuple[str, ...]) -> tuple[str, bool]:
    """What is shown of the pieces in the end, and whether a stop text was found."""
    stop = StopStrings(stops)
    return "".join(map(stop.pass_on, pieces)) + stop.rest(), stop.found


@pytest.mark.parametrize(
    ("text", "stops", "shown"),
    [
        ("One END two", ("END",), "One "),
        ("END", ("END",), ""),
        ("EENDEND", ("END",), "E"),
        ("ababac", ("abac",), "ab"),
        ("aaaab", ("aab",), "aa"),
        ("x\n\ny", ("\n\n",), "x"),
        ("one 🙂🙃", ("🙃",), "one 🙂"),
        ("a.b;c", (";", "."), "a"),
        ("User: hi", ("User:", "Human:"), ""),
        ("abX", ("abc", "bX"), "a"),
        ("abcd", ("abc", "abcd"), ""),
    ],
)
def test_the_answer_ends_before_a_stop_text_however_it_is_cut(text: str, stops: tuple[str, ...], shown: str) -> None:
    assert {streamed(pieces, stops) for pieces in cuts(text)} == {(shown, True)}


@pytest.mark.parametrize(
    ("text", "stops"),
    [("EN", ("END",)), ("ENTEN", ("END",)), ("ababa", ("abac",)), ("abab", ("abc", "bac")), ("E N D", ("END",))],
)
def test_what_only_began_like_a_stop_text_is_given_in_the_end(text: str, stops: tuple[str, ...]) -> None:
    assert {streamed(pieces, stops) for pieces in cuts(text)} == {(text, False)}


def test_of_two_stop_texts_inside_each_other_the_same_one_ends_the_answer_however_it_is_cut() -> None:
    assert len({streamed(pieces, ("abcd", "bc")) for pieces in cuts("abcd")}) == 1


def test_no_more_is_held_back_than_may_begin_a_stop_text() -> None:
    stop = StopStrings(("END", "\n\n"))
    assert [stop.pass_on(piece) for piece in ("a", "b E", "N", "T", "\n", "c")] == ["a", "b ", "", "ENT", "", "\nc"]


def test_nothing_is_shown_after_a_stop_text() -> None:
    stop = StopStrings(("END",))
    assert [stop.pass_on(piece) for piece in ("a END b", "c", "END")] == ["a ", "", ""]
    assert stop.rest() == ""


def test_without_stop_texts_everything_is_shown_at_once() -> None:
    stop = StopStrings(())
    assert [stop.pass_on(piece) for piece in ("a", "b")] == ["a", "b"]
    assert (stop.rest(), stop.found) == ("", False)
