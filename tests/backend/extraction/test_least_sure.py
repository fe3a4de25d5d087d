"""The values of which a model was least sure."""

import json

import pytest

from backend.chat.scores import TokenScore
from backend.extraction.fields import Field, read_fields
from backend.extraction.least_sure import FEW, MOST, Doubt, least_sure

ANSWER = '{"shop": "Café Bern", "total": 19.75, "paid": true}'


def read(answer: str) -> Field:
    field = read_fields(answer)
    assert field is not None
    return field


def score(text: str, probability: float, *others: tuple[str, float], answer: str = ANSWER) -> TokenScore:
    return TokenScore(answer.index(text), text, probability, others)


@pytest.mark.parametrize(
    ("token", "path", "doubt"),
    [
        (score("75", 0.6, ("80", 0.3)), ("total",), Doubt(0.6, "19.80")),
        (score("19", 0.6, ("10", 0.3)), ("total",), Doubt(0.6, "10…")),
        (score(" Bern", 0.5, (" Basel", 0.4)), ("shop",), Doubt(0.5, "Café Basel")),
        (score(" Bern", 0.5, ('",', 0.4)), ("shop",), Doubt(0.5, "Café")),
        (score("Ca", 0.5, ("Cof", 0.2)), ("shop",), Doubt(0.5, "Cof…")),
        (score("true", 0.7, ("false", 0.3)), ("paid",), Doubt(0.7, "false")),
        (score(' "Café', 0.7, (" null", 0.3)), ("shop",), Doubt(0.7, "null")),
        (score("75", 0.6), ("total",), Doubt(0.6)),
    ],
)
def test_a_doubtful_token_is_told_with_its_value_as_it_might_have_been(
    token: TokenScore, path: tuple[str, ...], doubt: Doubt
) -> None:
    assert least_sure(ANSWER, read(ANSWER), (token,)) == {path: doubt}


def test_what_is_nearly_certain_and_what_is_no_value_are_not_told() -> None:
    scores = (score('"shop', 0.2, ('"a', 0.5)), score("75", 0.95, ("80", 0.05)))
    assert least_sure(ANSWER, read(ANSWER), scores) == {}
    assert least_sure(ANSWER, read(ANSWER), ()) == {}


def test_of_texts_that_the_schema_lists_the_whole_one_is_told() -> None:
    schema = json.dumps({"properties": {"shop": {"enum": ["Café Bern", "Coop", "Coffee Bar"]}}})
    root = read_fields(ANSWER, schema)
    assert root is not None
    assert least_sure(ANSWER, root, (score("Ca", 0.5, ("Coo", 0.2)),)) == {("shop",): Doubt(0.5, "Coop")}
    assert least_sure(ANSWER, root, (score("Ca", 0.5, ("Co", 0.2)),)) == {("shop",): Doubt(0.5, "Co…")}


def test_a_part_of_the_same_token_is_no_doubt() -> None:
    assert least_sure(ANSWER, read(ANSWER), (score("true", 0.4, ("tr", 0.59)),)) == {}


@pytest.mark.parametrize(("count", "told"), [(5, FEW), (60, 6), (1_000, MOST)])
def test_only_the_few_weakest_are_told(count: int, told: int) -> None:
    answer = json.dumps([{"n": number} for number in range(10_000, 10_000 + count)])
    scores = tuple(
        TokenScore(answer.index(str(number)), str(number), (number - 9_999) / (2 * count))
        for number in range(10_000, 10_000 + count)
    )
    found = least_sure(answer, read(answer), scores)
    assert list(found) == [(at, "n") for at in range(told)]
