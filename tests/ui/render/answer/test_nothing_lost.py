r"""All of a text is there, whatever signs stand in it: what nobody thought of is tried at random, and what somebody
complained of is in texts/.
"""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.chat.messages import AssistantMessage, Conversation, UserMessage
from backend.chat.parts import Text
from tests.support.answers import Reader, read
from ui.render.answer.blocks import blocks
from ui.render.answer.growing import GrowingText
from ui.render.transcript import shown as told

TEXTS = Path(__file__).parent / "texts"
SIGNS = [
    "```", "```\n", "`", "``", "$", "$$", "\\(", "\\)", "\\[", "\\]", "[", "](", "](http://", ")", "]", "<b>", "</b>",
    "<sub>", "</sub>", "\n", "\n\n", "\n\n", "- ", "\n- ", "> ", "\n> ", "1. ", "\n1. ", "    ", "  ", "|", "| ",
    "\n|-|-|\n", "\n| ", "\n# ", "*", "**", "_", "~~", "[^", "]: ", "]: http://", ']: http://x.y "', "\\", "<", ">",
    "\\begin{align}", "\\end{align}", "!", "![", "[ ] ", "[x] ", "http://", "www.", "@", "x.de", ".", ":", "\n---\n",
    "\n===\n", "{", "}", "<div>", "<!--", "~~~", "\n~~~\n", "$5", "\t", " ", "\r", "\\frac", "^", "2", "<title>",
]  # fmt: skip
PARTS = st.lists(st.one_of(st.just("word"), st.sampled_from(SIGNS)), max_size=30)


class Everything(HTMLParser):
    """All that a block says, be it in what it is read as or in what an attribute holds."""

    def __init__(self) -> None:
        super().__init__()
        self.said = list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def said(shown: tuple[str, ...]) -> str:
    reader = Everything()
    reader.feed("".join(shown))
    reader.close()
    return "\n".join(reader.said)


@given(PARTS)
@example(["|", "word", "\n|-|\n", "|", "word", "|", "word", "|", "word"])
@example(["> "] * 40 + ["word"])
@example(["- "] * 40 + ["word", "\n\n", "word"])
@example(["[", "word", "]: ", "word"])
@example(["[", "word", "]: http://", "word"])
@example(["```", "word", " ", "word", "\n", "word"])
@example(["![", "`", "word", "`", "](http://", "word", ")"])
def test_no_word_of_an_answer_is_lost(parts: list[str]) -> None:
    words = [f"w{number}w" for number in range(len(parts))]
    text = "".join(word if part == "word" else part for part, word in zip(parts, words, strict=True))
    for shown in (blocks(text), GrowingText().blocks(text)):
        everything = said(shown)
        assert [word for word in re.findall(r"w\d+w", text) if word not in everything] == []


@given(
    st.text(st.one_of(st.sampled_from("\n\t $*_`<>&#\\|[]()'\""), st.characters(exclude_categories=["Cs"])), min_size=1)
)
def test_what_a_person_typed_stands_as_it_was_typed(text: str) -> None:
    assert typed(text) == text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")


def typed(text: str) -> str:
    """What is shown of a person's message."""
    ((_, _, (shown, _)),) = json.loads(told(Conversation((UserMessage((Text(text),)),))))["entries"]
    assert re.findall("<[^>]+>", shown) == ['<div class="typed" dir="auto">', "</div>"]
    return html.unescape(shown[30:-6])


PRICE = st.from_regex(
    r"(US|C|A)?\$ ?\d{1,3}(,\d{3})?(\.\d\d)?[kM]?", fullmatch=True, alphabet=st.characters(codec="ascii")
)
SAID = st.sampled_from(["a coffee is", "to", "and", "or", "-", "/", ",", "per day,", "(about €4),", "vs.", "then", "x"])


@given(st.lists(st.tuples(SAID, PRICE), min_size=1, max_size=8))
def test_a_price_is_no_formula(sentence: list[tuple[str, str]]) -> None:
    text = " ".join(part for pair in sentence for part in ("It: ", *pair))
    assert read(text) == text


def test_prices_and_variables_are_no_formulas_and_formulas_are() -> None:
    shown = read((TEXTS / "money.md").read_text("utf-8"))
    assert shown.split("\n")[0] == "A large coffee costs $4.50 and a small one costs $3.25, so you save $1.25."
    assert "The budget went from $2k to $5k; that is $3k more. US$ 20 or A$30." in shown
    assert "Run echo $HOME $PATH or set $HOME and $PATH in your shell." in shown
    assert re.findall(r"\[\[(.*?)\]\]", shown) == ["x^2 + y^2 = z^2", "a+b", r"\int_0^1 x\,dx = \frac12"]


def test_every_tag_is_read() -> None:
    written = (TEXTS / "tags.md").read_text("utf-8")
    lines = [line for line in written.splitlines() if line]
    for harmless in ("<ada@example.com>", "<https://example.com/x>"):
        lines = [line.replace(harmless, harmless[1:-1]) for line in lines]
    lines = [line.replace("<b>bold</b>", "bold") for line in lines]
    assert [line for line in read(written).splitlines() if line] == lines


def test_the_cells_of_a_table_are_all_there() -> None:
    shown = "".join(blocks((TEXTS / "table.md").read_text("utf-8")))
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in shown.split("</tr>")[1:-1]]
    assert rows == [
        ["a | b", "<code>x | y</code>", "c", "<br>two<br>lines", "<strong>b</strong>"],
        ["only one", "", "", "", ""], ["x", "y", "z", "1", "2", "3"],
    ]  # fmt: skip
    assert shown.endswith('<p dir="auto">Text right after.</p>\n')


def test_formulas_are_drawn_and_what_none_can_draw_is_read() -> None:
    shown = read((TEXTS / "latex.md").read_text("utf-8"))
    formulas = re.findall(r"\[\[(.*?)\]\]", shown, re.DOTALL)
    assert [formula.split("\n")[0] for formula in formulas] == [
        "E = mc^2", "a^2", r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", r"\begin{align}", "not", "a_b + c_d",
        r"\text{snake\_case}",
    ]  # fmt: skip
    assert "Escaped $5 and $6. Function f(x) = [1] " in shown
    assert r"$\unknowncmd{3}$ and $\frac{1}{$." in shown
    assert r"Chem: $\ce{H2O}$" in shown


@pytest.mark.parametrize("text", ["<think>\n*a*\n</think>\n\nSo *b*.", "<think>*a*</think>So *b*.", "\n<think> *a*"])
def test_a_thought_within_an_answer_is_folded_and_formatted(text: str) -> None:
    ((_, _, shown),) = json.loads(told(Conversation((AssistantMessage(text),))))["entries"]
    assert shown[0].startswith('<details class="thought"')
    assert shown[0].count("<em>a</em>") == 1
    assert shown[1:-1] == (['<p dir="auto">So <em>b</em>.</p>\n'] if "So" in text else [])


def test_a_thought_is_only_at_the_beginning() -> None:
    reader = Reader()
    said = Conversation((AssistantMessage("Use <think> and </think>."),))
    ((_, _, shown),) = json.loads(told(said))["entries"]
    reader.feed("".join(shown))
    assert reader.read.strip() == "Use <think> and </think>."
