"""The strip of files about to be sent, and what is wrong with them."""

import re

from backend.chat.parts import Image
from ui.attachments.box_files import WrongFile
from ui.attachments.cards import DocumentCard, PageCard, PictureCard, Price, WrittenCard
from ui.attachments.choice import Choice
from ui.render.composer.following import render_following
from ui.render.composer.strip import marks, render_strip

MOST = 10


def draft(name: str, detail: int = 1540, number: int = 1) -> PictureCard:
    return PictureCard(f"/upload/{name}", detail, Image(f"/store/{name}", 1540, 1000), number, Price(2035))


def refused(name: str, *, waits: bool = False) -> WrongFile:
    return WrongFile(f"/upload/{name}", f"“{name}” isn't a valid image.", waits)


def document(count: int, chosen: tuple[int, ...], going: tuple[int, ...] | None = None) -> DocumentCard:
    going = chosen if going is None else going
    pages = tuple(
        PageCard(number, Price(2200), number in chosen, going.index(number) + 1 if number in going else 0)
        for number in range(1, min(count, 1_000) + 1)
    )
    return DocumentCard("/upload/report.pdf", "report.pdf", count, Choice(), chosen, going, pages)


def test_an_empty_box_has_no_strip_but_a_text_a_name_to_be_found_by() -> None:
    assert render_strip([], MOST) == ""
    assert 'data-page="a1"' in render_strip([], MOST, "a1")


def test_each_image_shows_its_size_and_tokens_and_at_which_size_it_is_sent() -> None:
    shown = render_strip([draft("a.png"), draft("b.png", 512, 2)], MOST)
    first, second = shown.split("<li ")[1:]
    for number, item in enumerate((first, second), 1):
        assert f'aria-label="Image {number}: 1540 × 1000 · 2,035 tokens"' in item
        assert f'data-act="mark" data-number="{number}"' in item
    assert 'src="gradio_api/file=/store/a.png"' in first
    assert 'src="gradio_api/file=/store/b.png"' in second
    assert 'data-choice="* picture 512"' in second
    chosen = re.findall(r'value="detail (\d+) (\d+)" aria-pressed="true"', shown)
    assert chosen == [
        (str(mark), edge) for mark, edge in zip(marks(["/upload/a.png", "/upload/b.png"]), ("1540", "512"), strict=True)
    ]


def test_images_can_be_moved_and_removed_but_not_over_an_end() -> None:
    shown = render_strip([draft("a.png"), draft("b.png"), draft("c.png")], MOST)
    first, second, third = marks(["/upload/a.png", "/upload/b.png", "/upload/c.png"])
    moves = [(second, "-1"), (third, "-1"), (first, "1"), (second, "1")]
    assert sorted(re.findall(r'value="move (\d+) (-?1)"', shown)) == sorted((str(mark), step) for mark, step in moves)
    assert re.findall(r'value="remove (\d+)"', shown) == [str(first), str(second), str(third)]


def test_an_image_has_its_mark_wherever_it_stands_and_a_file_that_is_there_twice_has_two() -> None:
    first, second, again = marks(["/a.png", "/b.png", "/a.png"])
    assert len({first, second, again}) == 3
    assert marks(["/b.png", "/a.png"]) == [second, first]


def test_a_file_that_cannot_be_sent_says_why_in_a_sentence_and_can_be_removed() -> None:
    shown = render_strip([draft("a.png"), refused("<b>.pdf")], MOST)
    mark = marks(["/upload/a.png", "/upload/<b>.pdf"])[1]
    assert "<span>“&lt;b&gt;.pdf” isn&#x27;t a valid image.</span>" in shown
    assert f'value="remove {mark}"' in shown
    assert shown.count("<li ") == shown.count("<img") == 1


def test_a_file_that_nobody_had_time_for_can_be_sent() -> None:
    shown = render_strip([refused("a.png", waits=True)], MOST)
    assert 'class="waits"' in shown
    assert 'class="refused"' not in shown


def test_more_images_than_a_message_has_room_for_are_told_of_before_it_is_sent() -> None:
    twelve = [draft(f"{n}.png") for n in range(12)]
    assert "You can attach up to 10 images. Remove 2." in render_strip(twelve, MOST)
    assert "refused" not in render_strip(twelve, 12)


def test_a_path_cannot_break_out_of_its_attribute() -> None:
    evil = '"><i>'
    cards = [
        PictureCard(evil, 1540, Image('/store/"><i>.png', 4, 3, evil), 1, Price(2)),
        WrittenCard(evil, evil, 4, Price(2)),
        DocumentCard(evil, evil, 1, Choice(label=evil), (1,), (1,), (PageCard(1, Price(2), True, 2),)),
    ]
    assert "<i>" not in render_strip(cards, MOST, told=render_following([(evil, Choice(pages=(2,)))]))


def test_an_image_costs_about_so_much_where_the_model_is_not_known_and_nothing_where_nobody_counts() -> None:
    picture = Image("/store/a.png", 1540, 1000)
    about = PictureCard("a", 1540, picture, 1, Price(2035, is_exact=False))
    assert "<p>1540 × 1000 · about 2,000 tokens</p>" in render_strip([about], MOST)
    assert "<p>1540 × 1000</p>" in render_strip([PictureCard("a", 1540, picture, 1)], MOST)


def test_a_text_shows_its_name_what_it_costs_and_whether_the_model_can_hold_it() -> None:
    shown = render_strip([WrittenCard("/upload/notes.md", "notes.md", 4_200, Price(1_050))], MOST)
    assert "notes.md" in shown
    assert "4,200 characters · 1,050 tokens" in shown
    assert f'value="read {marks(["/upload/notes.md"])[0]}"' in shown
    assert "over" not in shown
    assert "Longer than the model" in render_strip([WrittenCard("a", "a", 9, Price(9), is_too_long=True)], MOST)


def test_a_document_shows_its_pages_which_of_them_go_and_what_each_costs() -> None:
    mark = marks(["/upload/report.pdf"])[0]
    shown = render_strip([document(12, (1, 2, 5))], MOST)
    assert "12 pages · 6,600 tokens" in shown
    assert 'value="1-2, 5"' in shown
    chosen = rf'value="page {mark} (\d+)" aria-pressed="true" aria-label="Page (\d+) · 2,200 tokens"'
    pressed = re.findall(chosen, shown)
    assert pressed == [("1", "1"), ("2", "2"), ("5", "5")]
    assert shown.count('loading="lazy"') == 12
    assert "document-page?file=/upload/report.pdf&amp;page=12" in shown
    assert f'value="next {mark}">Next 7<' in shown
    assert 'data-choice="* picture 1540"' in shown
    assert re.findall(r'class="badge" data-act="mark" data-number="(\d)"', shown) == ["1", "2", "3"]
    assert shown.count("<li ") == 1


def test_what_is_chosen_beyond_the_limit_is_told_of_and_has_no_number_in_this_message() -> None:
    shown = render_strip([document(30, tuple(range(1, 26)), tuple(range(1, 11)))], MOST)
    assert "10 of the 25 chosen pages fit in this message." in shown
    assert shown.count("put-off") == 15
    assert shown.count('class="badge"') == 10


def test_of_a_large_document_not_all_pages_are_in_the_strip_but_those_that_are_chosen() -> None:
    shown = render_strip([document(5_000, (900,))], MOST)
    assert shown.count("<img") == 201
    assert "page=900" in shown
    assert "among all 5,000 pages" in shown


def test_the_keyboard_comes_by_one_page_of_a_document() -> None:
    shown = render_strip([document(40, (7,))], MOST)
    pages = re.findall(r'<button type="button" class="do" value="page \d+ (\d+)"[^>]*>', shown)
    stops = [tag for tag in re.findall(r'<button [^>]*value="page [^>]*>', shown) if "tabindex" not in tag]
    assert len(pages) == 40
    assert len(stops) == 1
    assert "Page 7 " in stops[0]


def test_after_some_pages_were_sent_the_next_are_offered() -> None:
    shown = render_following([("/upload/report.pdf", Choice(pages=tuple(range(11, 31))))])
    assert "Next: pages 11–20 of report.pdf" in shown
    assert 'value="following take"' in shown
    assert 'value="following drop"' in shown
    assert "Next: page 30 of report.pdf" in render_following([("/upload/report.pdf", Choice(pages=(30,)))])
    assert render_following([]) == ""


def test_of_many_documents_the_strip_has_a_few_pages_each() -> None:
    one = render_strip([document(1_000, tuple(range(1, 1_001)), (1,))], MOST)
    assert one.count('value="page ') == 1_000
    many = render_strip([document(1_000, tuple(range(1, 1_001)), (1,))] * 100, MOST)
    assert many.count('value="page ') == 2_000
    assert len(many) < 2_000_000  # at each pause in writing
