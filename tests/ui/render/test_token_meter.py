"""The strip of pictures and the meter of what a message will cost."""

import re

import pytest

from backend.chat.messages import Image
from backend.tokenization.count import TokenCount
from ui.render.attachments import Attachment, marks, render_attachments
from ui.render.token_meter import render_token_meter

COST = TokenCount(100, 0, 250, 2000, 50, 4000)


def draft(name: str, detail: int = 1540) -> Attachment:
    return Attachment(f"/upload/{name}", detail, Image(f"/store/{name}", 1540, 1000), 2035)


def test_an_empty_box_has_no_strip_but_a_text_a_name_to_be_found_by() -> None:
    assert render_attachments([]) == ""
    assert 'data-page="a1"' in render_attachments([], "a1")


def test_each_picture_shows_its_size_and_tokens_and_its_detail() -> None:
    shown = render_attachments([draft("a.png"), draft("b.png", 512)])
    first, second = shown.split("<li>")[1:]
    for item in (first, second):
        assert "1540 × 1000 · 2,035 tokens" in item
    assert 'src="gradio_api/file=/store/a.png"' in first
    assert 'src="gradio_api/file=/store/b.png"' in second
    assert re.findall(r'value="(\d+)" selected', shown) == ["1540", "512"]
    assert f'name="detail {marks(["/upload/a.png", "/upload/b.png"])[1]}"' in second


def test_pictures_can_be_moved_and_removed_but_not_over_an_end() -> None:
    shown = render_attachments([draft("a.png"), draft("b.png"), draft("c.png")])
    first, second, third = marks(["/upload/a.png", "/upload/b.png", "/upload/c.png"])
    assert re.findall(r'value="([a-z]+ \d+ -?1)"[^>]* disabled', shown) == [f"move {first} -1", f"move {third} 1"]
    assert re.findall(r'value="remove (\d+)"', shown) == [str(first), str(second), str(third)]


def test_a_picture_has_its_mark_wherever_it_stands_and_a_file_that_is_there_twice_has_two() -> None:
    first, second, again = marks(["/a.png", "/b.png", "/a.png"])
    assert len({first, second, again}) == 3
    assert marks(["/b.png", "/a.png"]) == [second, first]


def test_a_picture_that_cannot_be_sent_says_why_and_can_only_be_removed_from_the_page() -> None:
    shown = render_attachments([Attachment("/upload/<b>.png", 1540, None, problem="“<b>.png” is damaged & empty.")])
    assert '<span class="warning">“&lt;b&gt;.png” is damaged &amp; empty.</span>' in shown
    assert "<img" not in shown
    assert 'value="remove ' in shown


def test_a_path_cannot_break_out_of_its_attribute() -> None:
    shown = render_attachments([Attachment("a", 1540, Image('/store/"><b>.png', 4, 3), 2)])
    assert "<b>" not in shown


def test_the_meter_names_every_part_and_what_is_left() -> None:
    shown = render_token_meter(COST, 1024)
    told = "2,400 of 4,000 tokens used, 1,600 left for the reply"
    assert f"<p>{told}: system prompt 100 · history 250 · images 2,000 · message 50</p>" in shown
    assert 'aria-valuenow="2400"' in shown
    assert 'stroke-dasharray="60.0 100"' in shown
    assert " 60 %</summary>" in shown


@pytest.mark.parametrize(
    ("room", "max_new", "tight"),
    [(64, 1024, False), (63, 1024, True), (20, 20, False), (19, 20, True), (0, 1, True), (-1, 1, True)],
)
def test_what_does_not_fit_is_warned_of_with_a_way_out(room: int, max_new: int, tight: bool) -> None:
    shown = render_token_meter(TokenCount(0, 0, 0, 0, 1000 - room, 1000), max_new)
    assert ("is too long" in shown) == tight
    assert ('value="keep pictures"' in shown, 'value="keep turns"' in shown) == (tight, tight)
    assert f"{max(0, room)} left for the reply" in shown
    assert int(re.findall(r'aria-valuenow="(\d+)"', shown)[0]) <= 1000


@pytest.mark.parametrize(
    ("tokens", "words"), [(0, "about 0"), (7, "about 7"), (94, "about 94"), (996, "about 1,000"), (1234, "about 1,200")]
)
def test_an_estimate_is_called_one_and_is_not_more_precise_than_it_can_be(tokens: int, words: str) -> None:
    shown = render_token_meter(TokenCount(0, 0, 0, 0, tokens, 131_072, is_exact=False), 64)
    assert f"{words} of 131,072 tokens used, about 1" in shown
    assert (f"message {words}" in shown) == (tokens > 0)


def test_what_does_not_fit_by_an_estimate_may_not_fit() -> None:
    assert "This may be too long" in render_token_meter(TokenCount(0, 0, 0, 0, 99, 100, is_exact=False), 64)
    assert "tokens used, 0 left" in render_token_meter(TokenCount(0, 0, 0, 0, 101, 100, is_exact=False), 64)


def test_no_more_is_left_by_an_estimate_than_there_is() -> None:
    shown = render_token_meter(TokenCount(0, 0, 0, 0, 38, 8192, is_exact=False), 64)
    assert "about 38 of 8,192 tokens used, about 8,150 left" in shown


def test_a_context_that_nobody_knows_is_not_made_up() -> None:
    shown = render_token_meter(TokenCount(0, 0, 0, 0, 1234, None, is_exact=False), 64)
    assert ">about 1,200 tokens</summary>" in shown
    assert "long" not in shown


def test_a_picture_costs_about_so_much_where_the_model_is_not_known_and_nothing_where_nobody_counts() -> None:
    picture = Image("/store/a.png", 1540, 1000)
    assert "1540 × 1000 · about 2,000 tokens" in render_attachments([Attachment("a", 1540, picture, 2035, "", False)])
    assert "<span>1540 × 1000</span>" in render_attachments([Attachment("a", 1540, picture)])
