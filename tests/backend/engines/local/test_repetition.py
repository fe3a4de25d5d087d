"""Endless repetition is noticed; lists, tables and refrains are not mistaken for it."""

import random

import pytest

from backend.engines.local.output.repetition import MAX_PERIOD, MIN_REPEATS, SAME_TOKEN, RepetitionDetector


def found_after(ids: list[int]) -> int | None:
    """How many ids it took, or None."""
    detector = RepetitionDetector()
    for number, token in enumerate(ids, 1):
        detector.add(token)
        if detector.found:
            return number
    return None


@pytest.mark.parametrize("period", [2, 3, 17, MAX_PERIOD])
def test_a_loop_is_found_at_its_eighth_round(period: int) -> None:
    before = [1000 + i for i in range(50)]
    loop = list(range(period))
    assert found_after(before + loop * 20) == len(before) + period * MIN_REPEATS


def test_one_token_over_and_over_is_found_at_the_64th() -> None:
    assert found_after([1, 2, 3] + [9] * 100) == 3 + SAME_TOKEN


@pytest.mark.parametrize("ids", [[7] * (SAME_TOKEN - 1), list(range(10)) * (MIN_REPEATS - 1), list(range(500)) * 4])
def test_fewer_rounds_or_longer_ones_are_no_loop(ids: list[int]) -> None:
    assert found_after(ids) is None


def test_a_table_whose_cells_differ_is_no_loop() -> None:
    rng = random.Random(1)
    assert found_after([x for _ in range(200) for x in (1, 2, 3, rng.randrange(100, 200), 4)]) is None
