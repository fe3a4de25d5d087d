"""Texts that as Markdown keep a browser busy for minutes, or end its tab: the page answers, and gives them back."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_texts import copied

TABLE = "\n".join(["|" + "a|" * 500, "|" + "-|" * 500, *["|a"] * 500])
MATRIX = "\\begin{matrix}" + "a&" * 45_000 + "\\end{matrix}"
HEAVY = {
    "a table": TABLE,
    "emphasis": "*a_" * 33_000,
    "words": "a_a" * 33_000,
    "pictures": "![](" * 24_000,
    "addresses": "a@b." * 24_000,
    "blanks": f"a{' ' * 98_000}b",
    "lists": "+ " * 3_000 + "a",
    "quotes": "> " * 49_000,
    "a matrix": f"$${MATRIX}$$",
    "powers": f"$${'x^{' * 740}a{'}' * 740}$$",  # ends the tab
    "markup": f"```html\n{'<a ' * 32_000}\n```",
    "formulas": "$x$ " * 24_000,
    "headings": "# a\n" * 24_000,
    "a diagram": "```mermaid\ngraph TD\n" + "a --> b & c & d\n" * 400 + "```",
    "a formula within many": f"$${'x+' * 1_000}x$$ " + "%%%LATEX_BLOCK_0%%%" * 4_000,
}
PART = "#conversation .bot.message pre.typed"


def shown(page: Page, text: str, folder: Path) -> None:
    """An imported conversation with this answer."""
    file = folder / "heavy.json"
    file.write_text(json.dumps([{"role": "user", "content": "Q"}, {"role": "assistant", "content": text}]))
    page.get_by_text("Export, import, share").click()
    page.set_input_files("input[type=file][accept*=json]", str(file))
    page.get_by_test_id("bot").first.wait_for(state="attached")


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY)
def test_the_page_answers_while_it_shows_a_text_that_is_too_much(page: Page, tmp_path: Path, text: str) -> None:
    shown(page, text, tmp_path)
    page.locator("#message textarea").click()
    page.keyboard.type("And now?")
    assert page.locator("#message textarea").input_value() == "And now?"
    assert page.get_by_test_id("bot").first.evaluate("(answer) => answer.innerText.trim().length") > 0


def test_what_stands_beside_a_part_that_is_too_much_is_markdown_and_all_is_copied(page: Page, tmp_path: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = f"## Before\n\nA *word* at $5 <b>:\n\n{TABLE}\n\n- One\n- `two`\n\n$${MATRIX[:9_000]}$$\n\n"
    text += "```python\nx = 1\n```"
    shown(page, text, tmp_path)
    bot = page.get_by_test_id("bot").first
    expect(bot.locator("h2")).to_have_text("Before")
    expect(bot.locator("em")).to_have_text("word")
    expect(bot.locator("li")).to_have_text(["One", "two"])
    expect(bot.locator("pre code .token").first).to_be_attached()
    assert page.locator(PART).first.evaluate("(part) => part.textContent") == TABLE
    assert copied(page, bot) == text
    page.get_by_role("button", name="Edit", exact=True).last.click()
    assert page.locator("#conversation textarea").input_value() == text
