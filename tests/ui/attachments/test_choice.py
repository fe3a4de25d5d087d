"""Which pages of a document go: what a person types, and what the page holds of it."""

import pytest

from backend.chat.errors import InputRefused
from ui.attachments.choice import MAX_PAGES, MOST, USUAL, Choice, choice_of, choices_of, joined, numbers, ranges


@pytest.mark.parametrize(
    ("typed", "pages"),
    [
        ("3-7, 12", (3, 4, 5, 6, 7, 12)),
        ("2", (2,)),
        (" 2 - 3 ", (2, 3)),
        ("12 1;1,  2–3", (1, 2, 3, 12)),
        ("18-4000000", (18, 19, 20)),  # to the end
        ("", ()),
    ],
)
def test_pages_are_typed_as_people_type_them(typed: str, pages: tuple[int, ...]) -> None:
    assert numbers(typed, 20) == pages


@pytest.mark.parametrize("typed", ["x", "0", "7-3", "-3", "3-", "1.5", "99999999", "3-7-9"])
def test_what_is_no_page_is_told_with_an_example(typed: str) -> None:
    with pytest.raises(InputRefused, match="3-7, 12"):
        numbers(typed, 20)


def test_a_page_that_the_document_has_not_is_told_with_how_many_it_has() -> None:
    with pytest.raises(InputRefused, match="1,200 pages"):
        numbers("1201", 1_200)


@pytest.mark.parametrize("pages", [(), (4,), (3, 4, 5, 12), (1, 3, 5)])
def test_what_is_shown_of_pages_can_be_typed_again(pages: tuple[int, ...]) -> None:
    assert numbers(ranges(pages), 20) == pages


@pytest.mark.parametrize(
    "choice",
    [
        USUAL,
        Choice(512, (), "text"),
        Choice(1024, tuple(range(1, MAX_PAGES + 1, 2)), "both"),
        Choice(label="page 3 of a report.pdf"),
    ],
)
def test_the_page_holds_a_choice_whole(choice: Choice) -> None:
    assert choice_of(choice.written) == choice


@pytest.mark.parametrize("forged", ["", "x", "1-3 picture 9999", "1-3 video 512", "5-1 text 512", "1," * 9_000])
def test_what_no_page_holds_is_the_usual_choice(forged: str) -> None:
    assert choice_of(forged) == USUAL


def test_files_of_which_a_page_holds_nothing_have_none() -> None:
    assert choices_of(["/a.pdf", "/b.pdf", "/c.pdf"], ["2 text 512", ""]) == {"/a.pdf": Choice(512, (2,), "text")}


def test_what_was_chosen_longest_ago_of_very_many_files_is_forgotten() -> None:
    known = {str(number): Choice(detail=672) for number in range(MOST)}
    known = joined(known, {"0": Choice(form="text")})
    known = joined(known, {"new": Choice(form="both")})
    assert len(known) == MOST
    assert known["0"].form == "text"
    assert known["new"].form == "both"
    assert "1" not in known
