"""Files that a message cannot take: whoever chose them is told which and why, in plain words. In a real Chromium."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.test_page import EXAMPLES, send


def test_an_upload_that_is_refused_is_told_in_a_plain_sentence(page: Page) -> None:
    page.set_input_files("#message input[type=file]", [EXAMPLES / "shapes.png"] * 13)
    expect(page.get_by_test_id("toast-text")).to_have_text("These are more than 12 files: send fewer at a time.")


def test_of_several_pictures_that_cannot_be_read_each_is_named(page: Page, tmp_path: Path) -> None:
    bad = [tmp_path / name for name in ("holiday.png", "cat.jpg")]
    for file in bad:
        file.write_text(f"{file.name} is no picture")
    send(page, "What are these?", bad[0], EXAMPLES / "shapes.png", bad[1])
    toast = page.get_by_test_id("toast-body")
    for file in bad:
        expect(toast).to_contain_text(f"“{file.name}” is damaged")
    expect(page.locator("#message textarea")).to_have_value("What are these?")
    expect(page.locator("#strip li")).to_have_count(3)
