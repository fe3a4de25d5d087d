r"""A model's text as HTML: what is read is what was written."""

import html
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.render.answer.blocks import LONGEST, GrowingText, blocks, plain

TAGS = {
    "p", "br", "a", "strong", "em", "s", "del", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "table", "thead", "tbody",
    "tr", "th", "td", "figure", "figcaption", "button", "div", "span", "sub", "sup", "kbd", "mark", "u", "b", "i", "small",
    *(f"h{level}" for level in range(1, 7)),
    "math", "mrow", "mi", "mn", "mo", "mtext", "msup", "msub", "mfrac", "mspace", "mtable", "mtr", "mtd", "msubsup", "msqrt",
    "mstyle", "mover", "munder", "munderover", "mroot", "ms", "mpadded", "mphantom", "menclose",
}  # fmt: skip
ATTRIBUTES = {
    "dir",
    "href",
    "target",
    "rel",
    "class",
    "type",
    "tabindex",
    "role",
    "aria-label",
    "style",
    "start",
    "title",
}


class Reader(HTMLParser):
    """What is read of a block, where no drawing is: formulas in double brackets, as they were written."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.tags, self.links = "", list[str](), list[str]()
        self.attributes = set[str]()
        self.within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        known = dict(attrs)
        if tag == "math" or self.within in ("math", "button"):
            self.within = self.within or "math"
            return
        self.attributes |= set(known)
        if tag == "button":
            self.within = "button"
        if tag == "br":
            self.read += "\n"
        if tag == "a":
            self.links.append(known.get("href") or "")
        if known.get("class", "").startswith("formula"):
            self.read += f"[[{(known.get('title') or '').strip()}]]"

    def handle_endtag(self, tag: str) -> None:
        if tag == self.within:
            self.within = ""

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.read += data


def seen(text: str) -> Reader:
    reader = Reader()
    reader.feed("".join(blocks(text)))
    return reader


def read(text: str) -> str:
    return seen(text).read.strip()


@pytest.mark.parametrize(
    "text",
    [
        "It is $5 and then $10.",
        "A large coffee costs $4.50 and a small one costs $3.25, so you save $1.25.",
        "From $2k to $5k; that is $3k more. US$ 20 or A$30.",
        "It costs 5$, 6$ or 7$, US$5-US$10, $5/$6, $5 (about €4) or C$ 7.",
        "Cheap ($), fair ($$), fancy ($$$) or ($); $).",
        'Set $HOME and $PATH, $HOME/$USER, "$1" or "$@".',
        "An open $x^2 or $$x^2 or $\\frac{1}{$",
        "vector<int>, map<string, vector<int>>, a<b and c>d, List<String> x = new ArrayList<>();",
        "<your name here> and <title>, <textarea>, <script>alert(1)</script> <style>body{display:none}</style> end.",
        '<div> unclosed, <button onclick="alert(1)">Click</button> <input type=submit> <b>, </sub>x',
        "<!-- a comment --> <![CDATA[x]]> <?php echo 1 ?> &lt; is not <",
    ],
)
def test_money_tags_and_variables_stand_as_they_are_written(text: str) -> None:
    assert html.unescape(read(text)) == html.unescape(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("$x^2 + y^2 = z^2$, $A$, $2x$ and $5 < x$", "[[x^2 + y^2 = z^2]], [[A]], [[2x]] and [[5 < x]]"),
        (r"\(a+b\), \[c\] and $$\int x$$", r"[[a+b]], [[c]] and [[\int x]]"),
        (r"the $n$th of $a_b$ in 3$\sigma$", r"the [[n]]th of [[a_b]] in 3[[\sigma]]"),
        ("设$x$为$5 \\times 3$。", "设[[x]]为[[5 \\times 3]]。"),
        ("It costs $5, so $x = 5$ and $y$.", "It costs $5, so [[x = 5]] and [[y]]."),
        ("So:\n$$\n- x\n\n+ y < z\n$$\nand", "So:\n[[- x\n\n+ y < z]]and"),
        (
            "\\begin{align}\nx &= 1 \\\\\ny &= 2\n\\end{align}\nSo.",
            "[[\\begin{align}\nx &= 1 \\\\\ny &= 2\n\\end{align}]]So.",
        ),
        ("1. So:\n   \\[\n   x\n   \\]\n2. Or", "So:[[x]]\nOr"),
    ],
)
def test_formulas_are_formulas(text: str, shown: str) -> None:
    assert read(text) == shown


@pytest.mark.parametrize("text", [r"$\frac{1}{2$ x", r"$\left( x$", "$" + "x^" * 600 + "2$", r"$\def\a{\a\a}\a$"])
def test_a_formula_that_cannot_be_drawn_is_read_as_it_was_written(text: str) -> None:
    assert read(text) == text


CODE = '<IMG src="//evil.example/c.png"> ![cat](https://evil.example/c.png) $x$ \\(y\\) <b>'


@pytest.mark.parametrize(
    "text",
    [
        "```html\n{}\n```", "```\n{}\n```", "~~~ x y\n{}\n~~~", "    {}", "- ```\n  {}\n  ```", "> ```\n> {}\n> ```",
        "While it is written:\n\n```html\n{}",
    ],
)  # fmt: skip
def test_code_stays_as_the_model_wrote_it(text: str) -> None:
    reader = seen(text.format(CODE))
    assert CODE in reader.read
    assert not {"img", "math", "b"} & set(reader.tags)


def test_code_has_its_language_and_colours() -> None:
    (block,) = blocks('```python title="x"\nprint("<b>")\n```')
    assert "<span>python</span>" in block
    assert re.search(r'<span class="nb">print</span>', block)
    assert "&lt;b&gt;" in block


def test_a_line_stays_a_line() -> None:
    assert read("Roses\nare red") == "Roses\n\nare red".replace("\n\n", "\n\n")


def test_a_table_keeps_what_breaks_a_line() -> None:
    reader = seen("| a |\n|---|\n| x<br>y |")
    assert "x\ny" in reader.read
    assert "table" in reader.tags


def test_tasks_that_are_done_are_ticked() -> None:
    assert read("- [ ] one\n- [x] two").split("\n")[:3] == ["☐ one", "☑ two"]


@pytest.mark.parametrize(
    "picture",
    [
        "![cat](https://evil.example/c.png)",
        "![cat](//evil.example/c.png 'a title')",
        "[![cat](https://a.example/b)](/x)",
    ],
)
def test_a_picture_of_another_host_is_a_link(picture: str) -> None:
    reader = seen(picture)
    assert reader.read.strip() == "[image: cat]"
    assert len(reader.links) == 1
    assert "img" not in reader.tags


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", " javascript:x"]
)
def test_a_link_leads_nowhere_but_to_the_web(address: str) -> None:
    assert seen(f"[a]({address}) <{address}> ![b]({address})").links == []


def test_links_open_elsewhere() -> None:
    (block,) = blocks("[a](https://a.example) https://b.example and <https://c.example>")
    assert block.count('target="_blank" rel="noopener noreferrer nofollow"') == block.count("<a ") == 3


PIECES = [*"ab<>/&\"'=$`*_[]()!\\{}#-~|:.\n \t1", "</", "<b>", "\\text{", "$$", "```", "\n\n", "- ", "1. "]
SIGNS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(SIGNS)
def test_nobody_s_words_become_elements_of_the_page(text: str) -> None:
    reader = seen(text)
    assert set(reader.tags) <= TAGS
    assert reader.attributes <= ATTRIBUTES
    assert all(re.match("https?://|mailto:", link) for link in reader.links if ":" in link)


@given(SIGNS, st.lists(st.integers(1, 20), max_size=12))
def test_an_answer_that_grows_ends_as_one_that_came_at_once(text: str, steps: list[int]) -> None:
    growing, at = GrowingText(), 0
    for step in steps:
        at += step
        growing.blocks(text[:at])
    assert seen_of(growing.blocks(text)) == seen_of(blocks(text))


def seen_of(shown: tuple[str, ...]) -> str:
    reader = Reader()
    reader.feed("".join(shown))
    return reader.read


def test_an_answer_that_grows_is_made_anew_at_its_end_only() -> None:
    growing = GrowingText()
    before = growing.blocks("# One\n\nTwo\n\nThree\n\nFour")
    after = growing.blocks("# One\n\nTwo\n\nThree\n\nFour goes on")
    assert before[:3] == after[:3]
    assert all(one is other for one, other in zip(before[:2], after[:2], strict=True))


def test_a_text_that_is_too_long_is_shown_as_it_is() -> None:
    text = "**Bold** ![a](http://a.example) <b>&\n" * 4_000
    assert len(text) > LONGEST
    assert blocks(text) == (plain(text),)


def test_a_text_of_too_many_parts_is_shown_as_it_is() -> None:
    text = "|a" * 9_000 + "\n" + "|-" * 9_000 + "\n" + "|b" * 9_000
    assert blocks(text) == (plain(text),)
