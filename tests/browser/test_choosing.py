"""Another model, chosen in the page."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT, running_app


@pytest.fixture(scope="module")
def own_app() -> Iterator[str]:
    """An app that no other test shares."""
    with running_app() as url:
        yield url


def test_another_model_answers_after_it_was_chosen_and_a_broken_one_changes_nothing(
    browser: Browser, own_app: str, tmp_path: Path
) -> None:
    demo = ROOT / "assets" / "demo-model"
    sound, broken = (Path(shutil.copytree(demo, tmp_path / name)) for name in ("second-model", "broken-model"))
    next(broken.glob("model*.safetensors")).unlink()
    page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
    page.goto(own_app)
    page.get_by_role("tab", name="Model").click()

    def load(folder: Path) -> None:
        page.locator("#model input").fill(str(folder))
        page.locator("#model input").press("Enter")
        page.locator("#model-load").click()

    load(sound)
    expect(page.locator("#model-status")).to_contain_text("second-model answers now", timeout=60_000)
    expect(page.locator("#header h1")).to_have_text("second-model")
    expect(page.locator("#conversation")).to_contain_text("Chat with second-model")
    load(broken)
    expect(page.locator("#model-status")).to_contain_text("second-model answers as before", timeout=60_000)
    expect(page.locator("#model-status")).not_to_contain_text(str(tmp_path))
    expect(page.locator("#model-load")).to_be_enabled()
    page.locator("#message textarea").fill("Hello")
    page.locator("#message textarea").press("Enter")
    expect(page.locator(".foot").first).to_be_visible(timeout=60_000)
    page.reload()
    expect(page.locator("#header h1")).to_have_text("second-model")
    page.context.close()


def test_a_page_that_others_can_reach_offers_no_other_model(browser: Browser) -> None:
    with running_app("--host", "0.0.0.0") as url:
        page = browser.new_context().new_page()
        page.goto(url)
        page.locator("#message textarea").wait_for()
        expect(page.get_by_role("tab", name="Settings")).to_be_attached()
        expect(page.get_by_role("tab", name="Model")).to_have_count(0)
        page.context.close()
