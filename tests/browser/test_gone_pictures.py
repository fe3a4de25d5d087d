"""Pictures that are gone from the disk, as where the system clears its folder of temporary files while the app runs."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from backend.chat.errors import PICTURE_GONE
from tests.browser.conftest import running_app
from tests.browser.test_page import EXAMPLES, answered, send
from ui.handlers import exports

AGAIN = "could not be read: upload it again."


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """An app and its folder of temporary files."""
    folder = tmp_path_factory.mktemp("temporary") / "gradio"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        with running_app() as url:
            yield url, folder


@pytest.fixture
def visit(place: tuple[str, Path], browser: Browser) -> Iterator[tuple[Page, Callable[[], None]]]:
    """A page with an answer about a picture, and what clears the folder."""
    url, folder = place
    page = browser.new_page()
    page.goto(url)
    send(page, "Describe the image.", EXAMPLES / "shapes.png")
    answered(page)
    expect(page.get_by_test_id("bot").first).to_contain_text("The image shows")
    yield page, lambda: shutil.rmtree(folder)
    page.close()


def told(page: Page, sentence: str) -> None:
    expect(page.locator(".toast-body").filter(has_text=sentence).first).to_be_visible()
    page.locator(".toast-close").first.click()


def test_it_is_said_in_every_way_out_that_a_picture_is_gone(visit: tuple[Page, Callable[[], None]]) -> None:
    page, clear = visit
    clear()
    page.locator(".foot [value^=inspect]").last.click()
    told(page, PICTURE_GONE)
    page.get_by_text("Export, import, share").click()
    for name in ("export-json", "export-openai"):
        page.locator(f"#{name}").click()
        told(page, exports.PICTURE_GONE)
    with page.expect_download() as download:
        page.locator("#export-markdown").click()
    assert "The image shows" in download.value.path().read_text()
    page.locator("#retry").click()
    answered(page, 2)
    expect(page.get_by_test_id("bot").last).to_contain_text(PICTURE_GONE)
    page.locator("#undo").click()
    expect(page.locator("#strip li")).to_contain_text(f"The picture {AGAIN}")
    expect(page.locator("#message textarea")).to_have_value("Describe the image.")
    page.press("#message textarea", "Enter")
    told(page, f"The picture {AGAIN}")
    expect(page.locator("#message textarea")).to_have_value("Describe the image.")


def test_pictures_in_the_box_are_named_and_the_next_upload_has_a_folder(
    visit: tuple[Page, Callable[[], None]],
) -> None:
    page, clear = visit
    pictures = [str(EXAMPLES / name) for name in ("shapes.png", "equations.png")]
    page.set_input_files("#message input[type=file]", pictures)
    expect(page.locator("#strip img")).to_have_count(2)
    clear()
    page.get_by_role("button", name="Move picture 1 back").click()
    expect(page.locator("#strip li").first).to_contain_text(f"“equations.png” {AGAIN}")
    expect(page.locator("#strip li").last).to_contain_text(f"“shapes.png” {AGAIN}")
    page.press("#message textarea", "Enter")
    told(page, f"“equations.png” {AGAIN}")
    page.evaluate("document.querySelectorAll('#strip [value^=remove]').forEach((button) => button.click())")
    expect(page.locator("#strip li")).to_have_count(0)
    page.locator("#clear").click()
    expect(page.get_by_test_id("user")).to_have_count(0)
    send(page, "Describe the image.", EXAMPLES / "shapes.png")
    answered(page, 2)
    expect(page.get_by_test_id("user").locator("img")).to_have_count(1)
    expect(page.get_by_test_id("bot").first).to_contain_text("The image shows")
