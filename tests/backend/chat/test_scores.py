"""Where an answer was least sure, and what is kept of it."""

import pytest

from backend.chat.scores import ALTERNATIVES, MAX_SCORES, TokenScore, fitting, moved, otherwise, weakest

TEXT = '{"total": 12.50}'
ONE, POINT = TokenScore(10, "1", 0.9, (("7", 0.08),)), TokenScore(12, ".", 0.5, ((",", 0.4),))


def test_the_least_sure_of_a_value_is_the_token_with_the_smallest_probability_in_its_span() -> None:
    assert weakest((ONE, POINT), 10, 15) == POINT
    assert weakest((ONE, POINT), 10, 12) == ONE
    assert weakest((ONE, POINT), 2, 7) is None


def test_a_token_counts_where_it_reaches_into_the_span_and_a_part_of_a_character_with_it() -> None:
    wide = TokenScore(0, ' "Ada', 0.7)
    assert weakest((wide,), 2, 5) == wide
    part = TokenScore(3, "", 0.2)
    assert weakest((part,), 3, 4) == part
    assert weakest((part,), 4, 9) is None


def test_the_same_text_in_other_tokens_is_no_doubt() -> None:
    red = TokenScore(0, "red", 0.45, (("r", 0.4), ("b", 0.11), ("", 0.03)))
    assert red.sureness == pytest.approx(0.85)
    assert red.others == (("b", 0.11), ("", 0.03))
    assert weakest((red, TokenScore(4, "12", 0.8)), 0, 6) == TokenScore(4, "12", 0.8)
    assert weakest((TokenScore(0, "red", 0.6, (("r", 0.3999),)),), 0, 3) is None


def test_scores_move_with_the_text_before_them() -> None:
    assert [score.start for score in moved((ONE, POINT), 5)] == [15, 17]


def test_what_is_not_of_the_text_is_dropped() -> None:
    invented = (
        TokenScore(-1, "{", 0.5),
        TokenScore(99, "x", 0.5),
        TokenScore(10, "7", 0.5),
        TokenScore(10, "1", 1.5),
        TokenScore(10, "1", float("nan")),
        TokenScore(10, "1", 0.5, (("x" * 1000, 0.1),)),
        TokenScore(10, "1", 0.5, (("7", 2.0),)),
    )
    assert fitting((ONE, *invented, POINT), TEXT) == (ONE, POINT)
    assert fitting((POINT, ONE), TEXT) == (POINT,), "they are in the order of the text"


def test_an_answer_is_gone_on_with_from_a_token_with_another_in_its_place() -> None:
    sea = TokenScore(3, " sea", 0.6, ((" ocean", 0.7), ("", 0.1), (" lake", 0.05)))
    scores = (TokenScore(0, "The", 0.9), sea, TokenScore(7, " is", 0.8))
    text, kept = otherwise("The sea is blue", scores, 3, 2)
    assert text == "The lake"
    others = ((" ocean", 0.7), (" sea", 0.6), ("", 0.1))
    assert kept == (scores[0], TokenScore(3, " lake", 0.05, others))
    for start, which in ((3, 1), (3, 3), (4, 0), (0, 0)):
        with pytest.raises(LookupError):
            otherwise("The sea is blue", scores, start, which)


def test_what_is_kept_is_bounded() -> None:
    many = (TokenScore(0, "x", 0.5, tuple((str(number), 0.01) for number in range(9))),) * (2 * MAX_SCORES)
    kept = fitting(many, "x")
    assert len(kept) == MAX_SCORES
    assert len(kept[0].alternatives) == ALTERNATIVES
