"""Documents and files of text in the message box. In a real Chromium, with the demo model."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_layout import SMALL
from tests.support.chat import PHONE, SHAPES, Chat, opened
from tests.support.pdfs import pdf_of, written
from ui.texts import texts

SUMS = {"6 + 2 * 3": "12", "19 - 8": "11", "7 * 4": "28"}
SLIDE = (0, 0, 196, 112)  # points: what the demo model reads at a glance


def document(folder: Path, *lines: str, name: str = "sums.pdf") -> Path:
    path = folder / name
    path.write_bytes(pdf_of(*[written(line, 14, 58, 26) for line in lines], box=SLIDE))
    return path


def long_document(folder: Path, count: int) -> Path:
    """Of pages in A4."""
    path = folder / "long.pdf"
    path.write_bytes(pdf_of(*[written(f"Page {number}", 200, 500, 60) for number in range(1, count + 1)]))
    return path


def test_pages_of_equations_are_sent_one_by_one_and_each_is_calculated(chat: Chat, tmp_path: Path) -> None:
    chat.set(temperature="0")
    chat.panel.use_tool("Calculator")
    chat.panel.close()
    chat.attach(document(tmp_path, *SUMS))
    for number, (line, result) in enumerate(SUMS.items(), 1):
        if number > 1:
            chat.button(texts.documents.following_add).click()
        expect(chat.pages).to_have_count(3)
        chat.choose_pages(str(number))
        chat.chosen_pages(number)
        chat.send("Calculate the equations in the image.")
        chat.answered(number)
        expect(chat.conversation).to_contain_text(f"page {number} of sums.pdf")
        call = chat.calls.last
        if not call.is_visible():
            chat.place.locator(".calls summary").last.click()
        expect(call).to_contain_text(line)
        expect(call).to_contain_text(result)
    expect(chat.images).to_have_count(3)


def test_pages_are_chosen_by_a_click_by_keys_and_by_their_numbers_and_a_reload_keeps_the_choice(
    chat: Chat, tmp_path: Path
) -> None:
    chat.attach(document(tmp_path, "1 + 1", "2 + 2", "3 + 3", "4 + 4"))
    chat.chosen_pages(1, 2, 3, 4)
    chat.pages.nth(1).click()
    chat.chosen_pages(1, 3, 4)
    chat.pages.first.focus()
    chat.page.keyboard.press("End")
    expect(chat.page.locator(":focus")).to_have_text("3")  # as the image that the last page will be, once it is drawn
    chat.page.keyboard.press("ArrowLeft")
    chat.page.keyboard.press("Space")
    chat.chosen_pages(1, 3)
    expect(chat.pages.nth(3)).to_be_focused()
    chat.choose_pages("2-3")
    chat.chosen_pages(2, 3)
    expect(chat.page_numbers).to_be_focused()
    chat.box.fill("Which is larger?")
    chat.page.wait_for_timeout(1_000)  # the draft is written down
    chat.reload()
    chat.chosen_pages(2, 3)
    expect(chat.box).to_have_value("Which is larger?")


def test_a_wrong_number_of_a_page_is_a_sentence_and_changes_nothing(chat: Chat, tmp_path: Path) -> None:
    chat.attach(document(tmp_path, "1 + 1", "2 + 2"))
    chat.page_numbers.fill("7")
    chat.page_numbers.press("Enter")
    expect(chat.notices).to_contain_text("This document has 2 pages.")
    chat.chosen_pages(1, 2)
    chat.choose_pages("2")
    expect(chat.notices).to_have_count(0)


def test_pages_that_are_chosen_by_their_numbers_are_seen(chat: Chat, tmp_path: Path) -> None:
    chat.attach(long_document(tmp_path, 40))
    chat.button(texts.documents.next_pages.format(count=10)).click()
    chat.chosen_pages(*range(11, 21))
    expect(chat.pages.nth(10)).to_be_in_viewport(ratio=1)
    chat.choose_pages("1")
    expect(chat.pages.first).to_be_in_viewport(ratio=1)


def test_what_is_being_typed_stays_while_what_was_chosen_before_comes_from_the_server(
    chat: Chat, tmp_path: Path
) -> None:
    chat.attach(document(tmp_path, "1 + 1", "2 + 2", "3 + 3"))
    chat.chosen_pages(1, 2, 3)
    chat.pages.nth(1).click()
    chat.page_numbers.fill("2")
    expect(chat.page_numbers).to_have_attribute("value", "1, 3")
    expect(chat.page_numbers).to_have_value("2")
    chat.page_numbers.press("Enter")
    chat.chosen_pages(2)


def test_the_number_of_an_image_stands_in_the_text_where_the_model_is_to_see_it(chat: Chat, tmp_path: Path) -> None:
    chat.set(max_tokens="4")
    chat.attach(document(tmp_path, "1 + 1", "2 + 2"))
    chat.box.fill("What is ? And the other?")
    chat.box.evaluate("(box) => box.setSelectionRange(8, 8)")
    chat.button(texts.documents.insert.format(number=2)).click()
    expect(chat.box).to_have_value("What is [2]? And the other?")
    chat.box.press("Enter")
    chat.answered()
    expect(chat.images).to_have_count(2)
    chat.edit_question()
    expect(chat.box).to_have_value("What is [2]? And the other?")
    expect(chat.attached).to_have_count(2)


def test_a_text_is_edited_in_a_dialog_and_sent_as_it_is_then(chat: Chat, tmp_path: Path) -> None:
    chat.set(max_tokens="4")
    notes = tmp_path / "notes.md"
    notes.write_text("# Notes\nThe sum is 3.\n")
    chat.attach(notes)
    expect(chat.card).to_contain_text("22 characters")
    chat.card.click()
    expect(chat.file_text).to_have_value("# Notes\nThe sum is 3.\n")
    expect(chat.file_text).to_be_focused()
    chat.file_text.fill("# Notes\nThe sum is 4.")
    chat.page.keyboard.press("Escape")  # as any way out of it
    expect(chat.file_text).to_have_count(0)
    expect(chat.card).to_contain_text("21 characters")
    chat.page.wait_for_timeout(500)
    chat.reload()
    expect(chat.card).to_contain_text("21 characters")
    chat.send("Sum up.")
    chat.answered()
    expect(chat.conversation).to_contain_text("notes.md")
    chat.conversation.get_by_text("notes.md").click()
    expect(chat.conversation).to_contain_text("The sum is 4.")
    expect(chat.attached).to_have_count(0)


def test_a_refused_file_beside_good_ones_is_one_sentence_and_the_rest_goes_on(chat: Chat, tmp_path: Path) -> None:
    chat.set(max_tokens="4")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\n1 0 obj\n")
    chat.attach(document(tmp_path, "1 + 1"))
    chat.pick(broken, SHAPES)
    expect(chat.refused).to_have_count(1)
    expect(chat.refused).to_contain_text("“broken.pdf” is damaged")
    expect(chat.attached).to_have_count(2)
    chat.refused.get_by_role("button").click()
    expect(chat.refused).to_have_count(0)
    chat.send("What is here?")
    chat.answered()
    expect(chat.images).to_have_count(2)


def test_a_file_that_was_removed_can_be_picked_again(chat: Chat, tmp_path: Path) -> None:
    sums = document(tmp_path, "1 + 1")
    chat.attach(sums)
    chat.remove_image(1)
    expect(chat.attached).to_have_count(0)
    chat.attach(sums)


@pytest.mark.parametrize("count", [100])
def test_a_hundred_pages_are_there_and_a_click_on_a_late_one_leaves_the_strip_where_it_is(
    chat: Chat, tmp_path: Path, count: int
) -> None:
    begun = time.monotonic()
    chat.attach(long_document(tmp_path, count))
    expect(chat.pages).to_have_count(count)
    print(f"the strip of {count} pages: {time.monotonic() - begun:.2f} s")
    asked: list[str] = []
    chat.page.on("request", lambda request: "document-page" in request.url and asked.append(request.url))
    page = chat.pages.nth(49)
    page.scroll_into_view_if_needed()
    strip = chat.page.locator("#strip .pages")
    before = strip.evaluate("(pages) => pages.scrollLeft")
    assert before > 0
    page.click()
    chat.chosen_pages(*range(1, 11), 50)
    assert strip.evaluate("(pages) => pages.scrollLeft") == before
    expect(page.locator("img")).to_have_js_property("complete", True)
    assert len(asked) < count  # the others are drawn when somebody comes by
    expect(chat.place.locator("#strip .some-later")).to_contain_text("10 of the 11 chosen pages")


def test_more_images_than_a_message_may_have_wait_for_the_next(chat: Chat) -> None:
    chat.set(max_tokens="4")
    chat.pick(*[SHAPES] * 12)
    expect(chat.attached).to_have_count(10)
    chat.send("What are these?")
    chat.answered(timeout=120_000)
    chat.button(texts.composer.add_rest, chat.notices).click()
    expect(chat.attached).to_have_count(2)


def test_on_a_phone_all_of_it_is_there_and_as_large_as_a_finger(browser: Browser, app: str, tmp_path: Path) -> None:
    chat = opened(browser, app, **PHONE)
    notes = tmp_path / "notes.md"
    notes.write_text("# Notes")
    chat.attach(notes, SHAPES)
    chat.page.wait_for_timeout(500)  # by when what comes with it stands where it will
    assert chat.page.evaluate(SMALL) == []
    chat.card.click()
    expect(chat.file_text).to_be_focused()
    dialog = chat.place.locator(".file-text").bounding_box()
    assert dialog
    assert dialog["x"] >= 0
    assert dialog["x"] + dialog["width"] <= 390
    chat.page.keyboard.press("Escape")
    chat.remove_image(2)
    expect(chat.attached).to_have_count(1)
    chat.remove_image(1)
    expect(chat.attached).to_have_count(0)
    chat.pick(long_document(tmp_path, 14))
    expect(chat.pages).to_have_count(14)
    chat.choose_pages("1-2")  # which are not half out of sight
    chat.chosen_pages(1, 2)
    chat.page.wait_for_timeout(500)
    expect(chat.send_button).to_be_in_viewport(ratio=1)
    assert chat.page.evaluate("document.documentElement.scrollWidth") == 390
    assert chat.page.evaluate(SMALL) == []
    chat.choose_pages("2-13")
    chat.box.fill("Read.")
    chat.send_button.click()
    following = chat.place.locator("#strip .following")
    expect(following).to_contain_text("pages 12–13 of long.pdf")
    chat.answered()
    chat.page.wait_for_timeout(500)  # by when the answer's buttons are scrolled out from under the box
    assert chat.page.evaluate(SMALL) == []
    chat.close()
