"""How answers look, and the box in which they are edited: in a real Chromium."""

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.test_heavy_texts import shown
from tests.support.chat import Chat

ANSWER = "\n".join("  " * depth + "- An item" for depth in range(6))
ANSWER += "\n- [x] Done\n\n| a | b | c |\n|---|:-:|--:|\n| 1 | 2 | 3 |\n\n" + "Many words of an answer. " * 40
STYLES = "(parts, name) => parts.map((part) => getComputedStyle(part)[name])"


def test_lists_in_lists_can_be_read_a_tick_is_seen_and_columns_stand_as_written(chat: Chat, tmp_path: Path) -> None:
    shown(chat, ANSWER, tmp_path)
    items, cells = chat.answers.locator("li"), chat.answers.locator("td")
    expect(items).to_have_count(7)
    assert len(set(items.evaluate_all(STYLES, "fontSize"))) == 1
    assert cells.evaluate_all(STYLES, "textAlign") == ["start", "center", "right"]
    expect(items.last).to_have_text("☑ Done")


def test_a_long_text_is_edited_in_a_box_as_wide_as_it_was(chat: Chat, tmp_path: Path) -> None:
    shown(chat, ANSWER, tmp_path)
    written = chat.answers.first.bounding_box()
    chat.edit_answer()
    box = chat.editor.bounding_box()
    assert box
    assert written
    assert box["width"] > 0.95 * written["width"]
    assert box["height"] > 200
    expect(chat.button("Save")).to_be_in_viewport(ratio=1)
