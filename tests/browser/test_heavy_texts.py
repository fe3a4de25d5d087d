"""Texts that as Markdown keep a browser busy for minutes, or end its tab: the page answers, and gives them back."""

import json
from pathlib import Path

import pytest

from tests.support.chat import Chat

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


def shown(chat: Chat, text: str, folder: Path) -> None:
    """An imported conversation with this answer."""
    file = folder / "heavy.json"
    file.write_text(json.dumps([{"role": "user", "content": "Q"}, {"role": "assistant", "content": text}]))
    chat.import_file(file)
    chat.answers.first.wait_for(state="attached")


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY)
def test_the_page_answers_while_it_shows_a_text_that_is_too_much(chat: Chat, tmp_path: Path, text: str) -> None:
    shown(chat, text, tmp_path)
    chat.box.click()
    chat.page.keyboard.type("And now?")
    assert chat.box.input_value() == "And now?"
    assert chat.written(chat.answers.first)


@pytest.mark.parametrize("text", [TABLE, f"## Before\n\nA *word* at $5 <b>:\n\n$${MATRIX[:9_000]}$$\n\n- One\n"])
def test_what_is_too_much_is_copied_and_edited_as_it_was_written(chat: Chat, tmp_path: Path, text: str) -> None:
    shown(chat, text, tmp_path)
    answer = chat.answers.first
    assert chat.copied(answer) == text
    chat.edit_answer()
    assert chat.editor.input_value() == text
