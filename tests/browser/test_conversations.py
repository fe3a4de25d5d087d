"""Conversations on the page: kept, found, branched, exported, imported - in a real Chromium."""

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.test_page import EXAMPLES, answered, send, settings


def reopened(page: Page) -> None:
    page.reload()
    page.locator("#message textarea").wait_for()


def said(page: Page, text: str) -> Locator:
    """What the user said with this text; pictures of a message stand apart from it."""
    return page.get_by_test_id("user").filter(has_text=text)


def test_a_conversation_with_its_picture_survives_a_reload(page: Page) -> None:
    settings(page, max_tokens="16")
    send(page, "What is in the image?", EXAMPLES / "shapes.png")
    answered(page)
    entry = page.locator("#shelf-list .open")
    expect(entry).to_have_text("What is in the image?")
    reopened(page)
    expect(said(page, "What is in the image?")).to_have_count(1)
    picture = page.get_by_test_id("user").locator("img")
    expect(picture).to_have_count(1)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 224
    expect(page.locator("#max-tokens input[type=number]")).to_have_value("16")


def test_conversations_are_listed_searched_renamed_and_deleted(page: Page) -> None:
    settings(page, max_tokens="4")
    send(page, "Hello apples")
    answered(page)
    page.click("#new-chat")
    expect(page.get_by_test_id("user")).to_have_count(0)
    send(page, "Hello pears")
    answered(page, 2)
    entries = page.locator("#shelf-list .open")
    expect(entries).to_have_count(2)
    page.fill("#shelf-search", "apples")
    expect(entries).to_have_text(["Hello apples"])
    page.get_by_role("button", name="Rename Hello apples").click()
    page.fill("#shelf-list input", "Fruit")
    page.press("#shelf-list input", "Enter")
    expect(entries).to_have_text(["Fruit"])
    entries.first.click()
    expect(page.get_by_test_id("user").first).to_contain_text("Hello apples")
    page.fill("#shelf-search", "")
    page.get_by_role("button", name="Delete Fruit").click()
    page.get_by_role("button", name="Delete Fruit").click()
    expect(entries).to_have_text(["Hello pears"])
    expect(page.get_by_test_id("user")).to_have_count(0)


def test_in_private_mode_nothing_is_kept(page: Page) -> None:
    page.get_by_label("Private: keep nothing").check()
    settings(page, max_tokens="4")
    send(page, "A secret")
    answered(page)
    expect(page.locator("#shelf-list li")).to_have_count(0)
    reopened(page)
    page.wait_for_timeout(1500)
    expect(page.get_by_test_id("user")).to_have_count(0)


def test_retry_keeps_the_first_answer_and_one_can_page_back_to_it(page: Page) -> None:
    settings(page, max_tokens="6", temperature="1.5")
    send(page, "Hello")
    answered(page)
    first = page.get_by_test_id("bot").first.inner_text()
    page.click("#retry")
    answered(page, 2)
    expect(page.locator(".pager")).to_contain_text("answer 2/2")
    page.get_by_title("Earlier answer").click()
    expect(page.locator(".pager")).to_contain_text("answer 1/2")
    expect(page.get_by_test_id("bot").first).to_have_text(first, use_inner_text=True)


def test_arrow_up_edits_the_last_message_with_its_picture_and_the_old_one_stays_as_a_branch(page: Page) -> None:
    settings(page, max_tokens="6")
    send(page, "What is this?", EXAMPLES / "shapes.png")
    answered(page)
    page.locator("#message textarea").press("ArrowUp")
    expect(page.locator("#message textarea")).to_have_value("What is this?")
    expect(page.locator("#strip li")).to_have_count(1)
    page.fill("#message textarea", "Describe it.")
    page.press("#message textarea", "Enter")
    answered(page, 2)
    expect(said(page, "Describe it.")).to_have_count(1)
    expect(said(page, "What is this?")).to_have_count(0)
    expect(page.get_by_test_id("user").locator("img")).to_have_count(1)
    page.get_by_title("Earlier question").click()
    expect(said(page, "What is this?")).to_have_count(1)


def test_an_answer_can_be_edited_and_the_talk_goes_on_from_it(page: Page) -> None:
    settings(page, max_tokens="6")
    send(page, "Hello")
    answered(page)
    page.get_by_role("button", name="Edit").nth(1).click()
    page.locator("#conversation textarea").fill("I was edited.")
    page.get_by_role("button", name="Submit").first.click()
    expect(page.get_by_test_id("bot").first).to_contain_text("I was edited.")
    page.wait_for_timeout(1000)
    answered(page)  # what a person wrote is not announced as an answer that is done
    send(page, "And now?")
    answered(page, 2)
    expect(page.get_by_test_id("bot").first).to_contain_text("I was edited.")


def test_a_cut_off_answer_goes_on_where_it_stopped(page: Page) -> None:
    settings(page, max_tokens="5", temperature="0")
    send(page, "What can you do?")
    answered(page)
    cut = page.get_by_test_id("bot").first.inner_text().strip()
    settings(page, max_tokens="200")
    page.get_by_role("button", name="Continue").click()
    answered(page, 2)
    whole = page.get_by_test_id("bot").first.inner_text().strip()
    assert whole.startswith(cut)
    assert len(whole) > len(cut)


def test_everything_is_exported_and_imported_again(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="More").click()
    settings(page, max_tokens="8", seed="7")
    send(page, "What is in the image?", EXAMPLES / "shapes.png")
    answered(page)
    page.get_by_text("Export, import, share").click()
    with page.expect_download() as download:
        page.click("#export-json")
    file = tmp_path / "export.json"
    download.value.save_as(file)
    exported = json.loads(file.read_text())
    assert exported["settings"]["seed"] == 7
    assert exported["versions"]["transformers"]
    assert exported["revision"]
    assert "{today}" in exported["prompt"]
    assert "{today}" not in exported["system_prompt_as_sent"]
    assert "data:image/png;base64," in file.read_text()
    page.click("#new-chat")
    expect(page.get_by_test_id("user")).to_have_count(0)
    page.set_input_files("input[type=file][accept*=json]", str(file))
    expect(said(page, "What is in the image?")).to_have_count(1)
    expect(page.get_by_test_id("user").locator("img")).to_have_count(1)


def test_markdown_and_openai_messages_are_downloaded(page: Page) -> None:
    settings(page, max_tokens="8")
    send(page, "Hello")
    answered(page)
    page.get_by_text("Export, import, share").click()
    with page.expect_download() as download:
        page.click("#export-openai")
    messages = json.loads(Path(download.value.path()).read_text())
    assert [m["role"] for m in messages] == ["system", "user", "assistant"]
    with page.expect_download() as download:
        page.click("#export-markdown")
    assert "## User\n\nHello" in Path(download.value.path()).read_text()


def test_a_link_opens_the_same_question_prompt_and_settings(page: Page, app: str) -> None:
    settings(page, temperature="0.7")
    page.fill("#system-prompt textarea", "Answer in French & verse.")
    page.fill("#message textarea", "Why 1 + 1?")
    page.get_by_text("Export, import, share").click()
    page.click("#link")
    field = page.locator("#link-text textarea, #link-text input").first
    expect(field).to_have_value(re.compile(r"^http.*q=Why"))
    page.goto(field.input_value())
    expect(page.locator("#message textarea")).to_have_value("Why 1 + 1?")
    expect(page.locator("#system-prompt textarea")).to_have_value("Answer in French & verse.")
    expect(page.locator("#temperature input[type=number]")).to_have_value("0.7")


def test_an_edit_is_seen_and_ends_with_an_empty_box_or_escape(page: Page) -> None:
    settings(page, max_tokens="4")
    send(page, "Apples")
    answered(page)
    box, sign = page.locator("#message textarea"), page.locator("#strip .editing")
    for end in (lambda: box.fill(""), lambda: box.press("Escape")):
        box.press("ArrowUp")
        expect(sign).to_be_visible()
        end()
        expect(sign).to_have_count(0)
        expect(box).to_have_value("")
    send(page, "Pears")
    answered(page, 2)
    expect(page.get_by_test_id("user")).to_have_text(["Apples", "Pears"])
