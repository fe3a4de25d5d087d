"""Another model, chosen in the page."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ROOT, running_app
from tests.support.chat import opened
from ui.texts import texts


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
    chat = opened(browser, own_app, viewport={"width": 1280, "height": 860})
    chat.open_models()

    def load(folder: Path) -> None:
        model = chat.models.get_by_label("Model", exact=True)
        model.fill(str(folder))
        model.press("Enter")
        chat.button(texts.model.load, chat.models).click()

    load(sound)
    status = chat.models.locator("#model-status")
    expect(status).to_contain_text("second-model", timeout=60_000)
    expect(chat.title).to_contain_text("second-model")
    load(broken)
    expect(status.get_by_role("alert")).to_contain_text("second-model", timeout=60_000)
    expect(status).not_to_contain_text(str(tmp_path))
    expect(chat.button(texts.model.load, chat.models)).to_be_enabled()
    chat.page.keyboard.press("Escape")
    expect(chat.models).to_be_hidden()
    chat.send("Hello")
    chat.answered()
    chat.reload()
    expect(chat.title).to_contain_text("second-model")
    chat.close()


def test_a_page_that_others_can_reach_offers_no_other_model(browser: Browser) -> None:
    with running_app("--host", "0.0.0.0") as url:
        chat = opened(browser, url)
        expect(chat.title).to_have_text("Mistral Demo")
        expect(chat.title.get_by_role("button")).to_have_count(0)
        chat.close()
