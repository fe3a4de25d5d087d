r"""A model's text as HTML: what is read is what was written."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.answers import ATTRIBUTES, TAGS, read, seen
from ui.render.answer.blocks import blocks


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
        "Call handlers[name]() or ![a]( ), and [b]() and [c[d]()]().",
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
    assert "<span>python title=&quot;x&quot;</span>" in block
    assert re.search(r'<span class="nb">print</span>', block)
    assert "&lt;b&gt;" in block


def test_a_line_stays_a_line() -> None:
    assert blocks("Roses\nare red") == ('<p dir="auto">Roses<br />\nare red</p>\n',)


def test_a_table_keeps_what_breaks_a_line() -> None:
    reader = seen("| a |\n|---|\n| x<br>y |")
    assert "x\ny" in reader.read
    assert "table" in reader.tags


def test_no_cell_of_a_table_is_lost_and_none_is_parted_at_a_sign_within_it() -> None:
    text = "| a | $|b|$ |\n|---|---|\n| 1 | 2 | 3 | `4` |\n| `x | y` | \\(|z|\\) |\n| a \\| b | $3 |\n| ` | ` |\n| 5 |"
    rows = [re.findall(r"<t[hd]>(.*?)</t[hd]>", row) for row in "".join(blocks(text)).split("</tr>")[:-1]]
    texts = [[re.sub(r'<span.*?title="(.*?)".*?</span>', r"[[\1]]", cell) for cell in row] for row in rows]
    assert texts == [
        ["a", "[[|b|]]"], ["1", "2", "3", "<code>4</code>"], ["<code>x | y</code>", "[[|z|]]"], ["a | b", "$3"],
        ["`", "`"], ["5", ""],
    ]  # fmt: skip


def test_a_screen_reader_is_told_which_tasks_are_done() -> None:
    (block,) = blocks("- [ ] one\n- [x] two\n  1. [X] three\n- [x]\n- [ ](x)")
    assert re.findall(r'role="img" aria-label="(.*?)">(.)</span> (\w+)', block) == [
        ("To do:", "☐", "one"), ("Done:", "☑", "two"), ("Done:", "☑", "three"),
    ]  # fmt: skip
    assert "[x]" in block


def test_a_text_is_read_from_the_side_that_its_letters_say() -> None:
    shown = blocks("# שלום\n\n- مرحبا\n- b\n\n> x\n\n|a|\n|-|\n\n1. x")
    assert [block.split(">")[0] for block in shown if "table" not in block] == [
        '<h1 dir="auto"', '<ul dir="auto"', '<blockquote dir="auto"', '<ol dir="auto"',
    ]  # fmt: skip
    assert '<table dir="auto">' in shown[3]


@pytest.mark.parametrize(
    "picture",
    [
        "![cat](https://evil.example/c.png)",
        "![cat](HTTP://evil.example/c.png 'a title')",
        "[![cat](https://a.example/b)](https://a.example)",
        "![cat][1]\n\n[1]: https://a.example/b",
    ],
)
def test_a_picture_of_another_host_is_a_link(picture: str) -> None:
    reader = seen(picture)
    assert reader.read.strip() == "[image: cat]"
    assert len(reader.links) == 1
    assert "img" not in reader.tags


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "/logout",
        "//a.example",
        "a.html",
        "#a",
    ],
)
def test_a_link_leads_nowhere_but_to_the_web(address: str) -> None:
    text = f"[a]({address}) <{address}> ![b]({address})"
    assert seen(text).links == []
    assert read(text) == text


@pytest.mark.parametrize(
    ("text", "link", "shown"),
    [
        ("(see https://a.example/b_c_d(e)).", "https://a.example/b_c_d(e)", "https://a.example/b_c_d(e)"),
        ("**https://a.example/**, or", "https://a.example/", "https://a.example/"),
        ("见https://a.example/x。又", "https://a.example/x", "https://a.example/x"),
        ("“https://a.example”…", "https://a.example", "https://a.example"),
        ("www.a.example/b!", "http://www.a.example/b", "www.a.example/b"),
        ("Mail ada.b+c@a.example.", "mailto:ada.b+c@a.example", "ada.b+c@a.example"),
        ("x [one][1]\n\n[1]: https://a.example/b", "https://a.example/b", "one"),
    ],
)
def test_a_bare_address_is_a_link_without_what_belongs_to_the_sentence(text: str, link: str, shown: str) -> None:
    reader = seen(text)
    assert reader.links == [link]
    assert f'rel="noopener noreferrer nofollow">{shown}</a>' in "".join(blocks(text))


@pytest.mark.parametrize(
    "text", ["xhttps://a.example", "https:// a", "a@b", "www. a", "`https://a.example`", "@a.example"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert seen(text).links == []


@pytest.mark.parametrize("text", ["[Ada]: Yes, [Ada] said", "[1]: https://a.example/b", "[a]: https://a.example 'T' x"])
def test_what_would_define_a_link_is_shown_where_none_uses_it(text: str) -> None:
    assert read(text) == text


def test_a_footnote_has_its_mark_and_its_text() -> None:
    text = "So.[^1] Not [^abc].\n\n[^1]: Said\n[^2]: Nobody"
    assert read(text) == "So.1 Not [^abc].\n1 Said\n\n2 Nobody"
    assert "".join(blocks(text)).count('<sup class="footnote">1</sup>') == 2


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
