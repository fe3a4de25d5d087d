"""How answers look, and the box in which they are edited: in a real Chromium."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.test_heavy_texts import shown

ANSWER = "\n".join("  " * depth + "- An item" for depth in range(6))
ANSWER += "\n- [x] Done\n\n| a | b | c |\n|---|:-:|--:|\n| 1 | 2 | 3 |\n\n" + "Many words of an answer. " * 40
STYLES = "(parts, name) => parts.map((part) => getComputedStyle(part)[name])"


def test_lists_in_lists_can_be_read_a_tick_is_seen_and_columns_stand_as_written(page: Page, tmp_path: Path) -> None:
    shown(page, ANSWER, tmp_path)
    answer = page.get_by_test_id("bot").first
    expect(answer.locator("li")).to_have_count(7)
    assert len(set(answer.locator("li").evaluate_all(STYLES, "fontSize"))) == 1
    assert answer.locator("td").evaluate_all(STYLES, "textAlign") == ["left", "center", "right"]
    tick = answer.locator("input[type=checkbox]").evaluate_all(STYLES, "backgroundColor")
    assert tick == ["rgb(201, 79, 4)"]


def test_a_long_text_is_edited_in_a_box_as_wide_as_it_was(page: Page, tmp_path: Path) -> None:
    shown(page, ANSWER, tmp_path)
    page.get_by_role("button", name="Edit", exact=True).last.click()
    box = page.locator("#conversation textarea").bounding_box()
    column = page.locator("#conversation").bounding_box()
    assert box
    assert column
    assert box["width"] > 0.9 * (column["width"] - 60)
    assert 200 < box["height"] < 500
