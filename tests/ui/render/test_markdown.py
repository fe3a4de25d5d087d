"""What Gradio is given to show a text as it was written. tests/browser/test_texts.py sees the page."""

import html
import subprocess
import sys

import pytest

from ui.render.markdown import LATEX, LONGEST, typed, written
from ui.render.thoughts import thought_block

SIGNS = {str(latex[side]): ("[[", "]]")[side == "right"] for latex in LATEX for side in ("left", "right")}


def read(text: str) -> str:
    """What is read where no Markdown is: entities as their signs, formulas in double brackets."""
    shown = html.unescape(written(text))
    for sign, bracket in SIGNS.items():
        shown = shown.replace(sign, bracket)
    return shown


@pytest.mark.parametrize(
    "text",
    [
        "It is $5 and then $10.",
        "A large coffee costs $4.50 and a small one costs $3.25, so you save $1.25.",
        "From $2k to $5k; that is **$3k** more. US$ 20 or A$30.",
        "It costs 5$, 6$ or 7$, US$5-US$10, $5/$6, $5 (about €4) or C$ 7.",
        "Cheap ($), fair ($$), fancy ($$$) or ($); $).",
        'Set $HOME and $PATH, $HOME/$USER, "$1" or "$@".',
        "| tea | $3 |\n| cake | $5 |",
        "|$3|$5|\n|-|-|\n|5$|6$|",
        "An open $x^2 or $$x^2 or \\(x^2 or $\\frac{1}{$",
        "Two paragraphs: $x\n\ny$",
        r"Escaped: \$5\$ and \\$5 and `$x$`",
    ],
)
def test_money_and_variables_stand_as_they_are_written(text: str) -> None:
    assert read(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$x^2 + y^2 = z^2$, $A$, $2x$ and $5 < x$", "[[x^2 + y^2 = z^2]], [[A]], [[2x]] and [[5 < x]]"),
        (r"\(a+b\), \[c\] and $$\int x$$", r"[[a+b]], [[c]] and [[\int x]]"),
        (r"the $n$th of $a_b$ in 3$\sigma$, H$_2$O", r"the [[n]]th of [[a_b]] in 3[[\sigma]], H[[_2]]O"),
        ("设$x$为$5 \\times 3$。", "设[[x]]为[[5 \\times 3]]。"),
        ("| $|x|$ | $3 |", "| [[|x|]] | $3 |"),
        ("It costs $5, so $x = 5$ and $y$.", "It costs $5, so [[x = 5]] and [[y]]."),
        ("So:\n$$\n- x\n\n+ y < z\n$$\nand", "So:\n[[\n- x\n\n+ y < z\n]]\nand"),
        ("1. So:\n   \\[\n   x\n   \\]\n2. Or", "1. So:\n   [[\n   x\n   ]]\n2. Or"),
        ("$$\\begin{aligned}\n# x\n\\end{aligned}$$", "[[\\begin{aligned}\n# x\n\\end{aligned}]]"),
    ],
)
def test_formulas_are_formulas(text: str, shown: str) -> None:
    assert read(text) == shown


HTML, PICTURE = '<IMG src="//evil.example/c.png">', "![cat](https://evil.example/c.png)"
CODE = f"{HTML} {PICTURE} $x$ \\(y\\) <b>"


@pytest.mark.parametrize(
    "text",
    [
        f"Write `{CODE}` or ``a ` {CODE}`` or `a\n{CODE}` for that.",
        f"```html\n<p>\n\n{CODE}\n```\nSo.",
        f"~~~\n{CODE}\n```\n{CODE}\n~~~",
        f"````md\n```\n{CODE}\n```\n{CODE}\n````",
        f"1. So:\n   ```html\n   {CODE}\n   ```\n2. Or",
        f"- ```\n  {CODE}\n  ```",
        f"1. So:\n```\n{CODE}\n```\n2. Or",
        f"> ```\n> {CODE}\n> ```",
        f"While it is written:\n\n```html\n<p>\n\n{CODE}",
        f"Indented:\n\n    {CODE}\n\n    {CODE}\n\nSo.",
        f"1. Indented:\n\n       {CODE}\n",
        "| `<b>` | $3 |",
        "Links: <https://a.example/$x$>, <ada@a.example> and [a](<a.b c>).",
        "A plain text, with [a link](https://a.example).",
        """A title: [a](<my.page c> "t") and [a](<2 c> 't').""",
    ],
)
def test_code_and_links_stay_as_the_model_wrote_them(text: str) -> None:
    assert written(text) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("One ` tick.\n\n", "\n\nOne ` more."),
        ("One ` tick.\n- ", "\n- One ` more."),
        (r"Plain \`", r"\` ticks."),
        ("``two ", " one`"),
        ("A line\n    that goes on ", ""),
        ("1. A list\n\n    that goes on ", ""),
        ("- ```\n  code\n", "\n"),
        ("> ```\n> code\n\n", "\n"),
        ("```\ncode\n```\n", "\n```\ncode\n```"),
        ("`code` ", " `code`"),
        ("| `a ", "| b` |"),
        ("[a](<title>) x](<b>) ", ""),
        ("a<b and vector<std::string>, <!-- ", " --> </p>"),
    ],
)
def test_tags_stand_as_text_and_pictures_of_other_hosts_are_links(before: str, after: str) -> None:
    shown = written(before + PICTURE + HTML + after)
    assert "<" not in shown
    assert html.unescape(shown) == before + "[picture: cat](https://evil.example/c.png)" + HTML + after


@pytest.mark.parametrize(
    "picture",
    ["![](//a.example/c.png)", "![a [b] c]( <HTTP://a.example/c.png> 'a title')", "![a](\nhttps://a.example)"],
)
def test_a_picture_of_another_host_is_a_link_however_it_is_written(picture: str) -> None:
    assert read(picture) == picture.replace("![", "[picture: ")


def test_a_line_break_in_a_table_stays_one() -> None:
    assert written("| a<br>b |") == "| a<br>b |"
    assert read("a<br>b") == "a<br>b" != written("a<br>b")


def test_what_a_person_typed_is_not_looked_into() -> None:
    shown = typed('\n\t$x$ `<b>` </pre>\n\n# &lt; "')
    assert shown.count("<") == 2
    assert html.unescape(shown) == '<pre class="typed">\n\n\t$x$ `<b>` </pre>\n\n# &lt; "</pre>'


LOOK_THROUGH = r"""
from ui.render.markdown import typed, written

PIECES = ("![a](http://", "`", "<a", "$", "*a ", "![a[b]", "!['\\]", "[TOOL_CALLS]", "\\(", "\\[\n", "1,$12.50,item\n")
for piece in PIECES:
    text = "![a](<$" + piece * (100_000 // len(piece))
    typed(text), written(text)
for sign, end in (("$", "$"), ("$$", "$$"), ("\\(", "\\)")):
    for piece in ("a", "ab ", " ", "a1", "{", "\\a", "a,"):
        written(sign + "x" + piece * (100_000 // len(piece)) + "x" + end)
written("<" + "a".join("`" * number for number in range(1, 770)))
"""


def test_no_text_takes_long_to_look_through() -> None:
    subprocess.run([sys.executable, "-c", LOOK_THROUGH], check=True, timeout=90)


def test_a_text_that_is_too_long_to_be_looked_through_is_shown_as_it_is() -> None:
    text = "**Bold** ![a](http://a.example) <b>&\n" * 4_000
    assert len(text) > LONGEST
    assert written(text) == typed(text)
    assert html.unescape(typed(text)) == f'<pre class="typed">\n{text}</pre>'
    assert html.unescape(thought_block(text, False)).count("Bold") == LONGEST // 37 + 1
