"""The strip of images about to be sent, and what is wrong with them."""

import re

from backend.chat.parts import Image
from ui.render.attachments import Attachment, marks, render_attachments


def draft(name: str, detail: int = 1540) -> Attachment:
    return Attachment(f"/upload/{name}", detail, Image(f"/store/{name}", 1540, 1000), 2035)


def refused(name: str, *, waits: bool = False) -> Attachment:
    return Attachment(f"/upload/{name}", 1540, None, problem=f"“{name}” isn't a valid image.", waits=waits)


def test_an_empty_box_has_no_strip_but_a_text_a_name_to_be_found_by() -> None:
    assert render_attachments([]) == ""
    assert 'data-page="a1"' in render_attachments([], "a1")


def test_each_image_shows_its_size_and_tokens_and_at_which_size_it_is_sent() -> None:
    shown = render_attachments([draft("a.png"), draft("b.png", 512)])
    first, second = shown.split("<li ")[1:]
    for number, item in enumerate((first, second), 1):
        assert f'aria-label="Image {number}: 1540 × 1000 · 2,035 tokens"' in item
    assert 'src="gradio_api/file=/store/a.png"' in first
    assert 'src="gradio_api/file=/store/b.png"' in second
    chosen = re.findall(r'value="detail (\d+) (\d+)" aria-pressed="true"', shown)
    assert chosen == [
        (str(mark), edge) for mark, edge in zip(marks(["/upload/a.png", "/upload/b.png"]), ("1540", "512"), strict=True)
    ]


def test_images_can_be_moved_and_removed_but_not_over_an_end() -> None:
    shown = render_attachments([draft("a.png"), draft("b.png"), draft("c.png")])
    first, second, third = marks(["/upload/a.png", "/upload/b.png", "/upload/c.png"])
    moves = [(second, "-1"), (third, "-1"), (first, "1"), (second, "1")]
    assert sorted(re.findall(r'value="move (\d+) (-?1)"', shown)) == sorted((str(mark), step) for mark, step in moves)
    assert re.findall(r'value="remove (\d+)"', shown) == [str(first), str(second), str(third)]


def test_an_image_has_its_mark_wherever_it_stands_and_a_file_that_is_there_twice_has_two() -> None:
    first, second, again = marks(["/a.png", "/b.png", "/a.png"])
    assert len({first, second, again}) == 3
    assert marks(["/b.png", "/a.png"]) == [second, first]


def test_a_file_that_cannot_be_sent_says_why_in_a_sentence_and_can_be_removed() -> None:
    shown = render_attachments([draft("a.png"), refused("<b>.pdf")])
    mark = marks(["/upload/a.png", "/upload/<b>.pdf"])[1]
    assert '<p class="refused" role="alert"><span>“&lt;b&gt;.pdf” isn&#x27;t a valid image.</span>' in shown
    assert f'value="remove {mark}"' in shown
    assert shown.count("<li ") == shown.count("<img") == 1


def test_a_file_that_nobody_had_time_for_can_be_sent() -> None:
    shown = render_attachments([refused("a.png", waits=True)])
    assert 'class="waits"' in shown
    assert 'class="refused"' not in shown


def test_more_images_than_a_message_has_room_for_are_told_of_before_it_is_sent() -> None:
    assert "You can attach up to 10 images. Remove 2." in render_attachments([draft(f"{n}.png") for n in range(12)])
    assert "refused" not in render_attachments([draft(f"{n}.png") for n in range(10)])


def test_a_path_cannot_break_out_of_its_attribute() -> None:
    shown = render_attachments([Attachment('"><b>', 1540, Image('/store/"><b>.png', 4, 3), 2)])
    assert "<b>" not in shown


def test_an_image_costs_about_so_much_where_the_model_is_not_known_and_nothing_where_nobody_counts() -> None:
    picture = Image("/store/a.png", 1540, 1000)
    assert "<p>1540 × 1000 · about 2,000 tokens</p>" in render_attachments(
        [Attachment("a", 1540, picture, 2035, "", False)]
    )
    assert "<p>1540 × 1000</p>" in render_attachments([Attachment("a", 1540, picture)])
