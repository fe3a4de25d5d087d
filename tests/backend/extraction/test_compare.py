"""Expected values against those that came."""

import pytest

from backend.extraction.compare import compared, differing


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"a": 1}, {"a": 1.0}),
        ({"a": "12.50"}, {"a": 12.5}),
        ({"a": 0.1}, {"a": "0.10"}),
        ({"a": " Café "}, {"a": "Cafe\u0301"}),
        ({"a": None, "b": [], "c": {}}, {"a": None, "b": [], "c": {}, "more": 3}),
        ([{"x": True}], [{"x": True, "y": 2}]),
        (1e400, 1e400),
    ],
)
def test_what_is_the_same_is_right(expected: object, got: object) -> None:
    assert differing(expected, got) == ()


@pytest.mark.parametrize(
    ("expected", "got"),
    [(1, True), (None, ""), ("a", "A"), ("007", "7"), (0.1, 0.10000001), ("", None), ([], [1]), ({}, 3), ("nan", 1)],
)
def test_what_is_not_differs(expected: object, got: object) -> None:
    assert differing(expected, got) == ((),)


def test_each_value_that_differs_is_named_and_the_others_are_counted() -> None:
    expected = {"shop": "Café", "items": [{"name": "tea", "price": 2}, {"name": "bun", "price": 3}], "total": 5}
    got = {"shop": "Cafe", "items": [{"name": "tea", "price": 2.0}, {"name": "bun"}, {"name": "pie"}]}
    found = compared(expected, got)
    assert found.differing == (("shop",), ("items", 1, "price"), ("items", 2), ("total",))
    assert (found.right, found.total) == (3, 7)


def test_an_answer_that_is_nothing_like_it_has_all_values_wrong() -> None:
    assert compared({"a": 1, "b": [2, 3]}, "I cannot read it").right == 0
