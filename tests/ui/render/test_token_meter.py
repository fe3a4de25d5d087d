"""The meter of what a message will cost, and what is said where little room is left."""

import re

import pytest

from backend.tokenization.count import TokenCount
from ui.render.token_meter import render_tight, render_token_meter

COST = TokenCount(100, 0, 250, 2000, 50, 4000)


def test_the_meter_names_every_part_and_what_is_left() -> None:
    shown = render_token_meter(COST)
    assert "<p>2,400 of 4,000 tokens used, 1,600 left for the reply</p>" in shown
    rows = re.findall(r"<th>([^<]+)</th><td>([^<]+)</td>", shown)
    assert rows == [("System prompt", "100"), ("Earlier messages", "250"), ("Images", "2,000"), ("Message", "50")]
    assert 'aria-valuenow="2400"' in shown
    assert 'stroke-dasharray="60.0 100"' in shown
    assert ">60%</span></summary>" in shown


@pytest.mark.parametrize(
    ("room", "max_new", "tight"),
    [(64, 1024, False), (63, 1024, True), (20, 20, False), (19, 20, True), (0, 1, True), (-1, 1, True)],
)
def test_what_does_not_fit_is_warned_of_with_a_way_out(room: int, max_new: int, tight: bool) -> None:
    cost = TokenCount(0, 0, 10, 0, 990 - room, 1000)
    shown = render_tight(cost, max_new)
    assert ("is too long" in shown) == tight
    assert 'value="keep pictures"' in shown
    assert 'value="keep turns"' in shown
    meter = render_token_meter(cost)
    assert f"{max(0, room):,} left for the reply" in meter
    assert int(re.findall(r'aria-valuenow="(\d+)"', meter)[0]) <= 1000


@pytest.mark.parametrize(("used", "is_said"), [(890, False), (900, True)])
def test_at_nine_tenths_there_is_a_way_out_already(used: int, is_said: bool) -> None:
    cost = TokenCount(0, 0, used, 0, 0, 1000)
    assert ("almost full" in render_tight(cost, 64)) == is_said
    assert ('meter full"' in render_token_meter(cost)) == is_said


def test_where_nothing_came_before_nothing_of_it_can_be_left_out() -> None:
    shown = render_tight(TokenCount(0, 0, 0, 0, 1000, 1000), 64)
    assert "is too long" in shown
    assert "<button" not in shown


@pytest.mark.parametrize(
    ("tokens", "words"), [(0, "about 0"), (7, "about 7"), (94, "about 94"), (996, "about 1,000"), (1234, "about 1,200")]
)
def test_an_estimate_is_called_one_and_is_not_more_precise_than_it_can_be(tokens: int, words: str) -> None:
    shown = render_token_meter(TokenCount(0, 0, 0, 0, tokens, 131_072, is_exact=False))
    assert f"{words} of 131,072 tokens used, about 1" in shown
    assert (f"<th>Message</th><td>{words}</td>" in shown) == (tokens > 0)


def test_what_does_not_fit_by_an_estimate_may_not_fit() -> None:
    assert "This may be too long" in render_tight(TokenCount(0, 0, 0, 0, 99, 100, is_exact=False), 64)
    assert "tokens used, 0 left" in render_token_meter(TokenCount(0, 0, 0, 0, 101, 100, is_exact=False))


def test_no_more_is_left_by_an_estimate_than_there_is() -> None:
    shown = render_token_meter(TokenCount(0, 0, 0, 0, 38, 8192, is_exact=False))
    assert "about 38 of 8,192 tokens used, about 8,150 left" in shown


def test_a_context_that_nobody_knows_is_not_made_up() -> None:
    cost = TokenCount(0, 0, 0, 0, 1234, None, is_exact=False)
    shown = render_token_meter(cost)
    assert ">about 1,200 tokens</summary>" in shown
    assert "long" not in shown + render_tight(cost, 64)


def test_what_the_model_thought_before_is_a_part_of_its_own() -> None:
    shown = render_token_meter(TokenCount(0, 0, 10, 0, 5, 100, thoughts=25))
    assert "<th>Earlier thoughts</th><td>25</td>" in shown
    assert "40 of 100 tokens used, 60 left" in shown
