"""Which parts of a text are shown as they are, since the browser would take seconds for them as Markdown.

tests/browser/test_heavy_texts.py sees that the page answers.
"""

import html
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ui.render import formulas, limits
from ui.render.markdown import LATEX, LONGEST, typed, verbatim, written
from ui.render.thoughts import thought_block

OURS = '<pre class="&#x000074;yped">'
SIGNS = {str(latex[side]): sign for latex, pair in zip(LATEX, ("$$", "$$ $$", r"\( \)", r"\[ \]"), strict=True)
         for side, sign in zip(("left", "right"), pair.split() if " " in pair else pair, strict=True)}  # fmt: skip


def source(shown: str) -> str:
    """As assets/page/source_text.js does."""
    text = re.sub(rf"\n?{OURS}\n([^<]*)</pre>\n?", r"\1", shown).replace("[picture&#x00003a; ", "![")
    for ours, sign in SIGNS.items():
        text = text.replace(ours, sign)
    return re.sub("&#x0000([0-9a-f]{2});", lambda found: chr(int(found[1], 16)), text)


def as_it_is(text: str) -> list[str]:
    """The parts that are shown as they are."""
    return [html.unescape(part) for part in re.findall(rf"{OURS}\n([^<]*)</pre>", written(text))]


def table(columns: int, rows: int, cell: str = "a") -> str:
    line = "|" + f" {cell} |" * columns
    return "\n".join([line, "|" + "---|" * columns, *[line] * rows])


ANSWER = "\n\n".join([
    "# An answer",
    "A paragraph with **bold** and *slanted* words, `code`, [a link](https://a.example) and snake_case. " * 8,
    table(10, 30, "**b**"), "```python\n" + "    value = call(self.name, [1, 2])\n" * 400 + "```",
    *[rf"So $x_{number}^2$ and \(a_{number}\), or" + "\n\n$$\n\\frac{a}{b} &= c \\\\\n$$" for number in range(10)],
    "\n".join("  " * depth + f"- **Item** {depth}" for depth in range(6)),
    "\n".join(f"{number}. **Step {number}**: what is to be done there, and `why`." for number in range(1, 120)),
    "> A quote\n> > in a quote", "```mermaid\ngraph TD\na --> b\n```",
    r"$$\begin{pmatrix}" + r"1 & 2 & 3 & 4 & 5 \\" * 20 + r"\end{pmatrix}$$",
])  # fmt: skip


def test_a_long_answer_is_shown_as_markdown() -> None:
    assert not as_it_is(ANSWER)
    shown = written(ANSWER)
    assert "```python" in shown
    assert "```mermaid" in shown
    assert len(re.findall("[\ufdd0\ufdd2\ufdd4\ufdd6]", shown)) == 31


def test_a_long_text_of_short_paragraphs_and_lists_is_shown_as_markdown() -> None:
    paragraph = "Some *words* of a paragraph, with `code` in it, and some more of its words. " * 3
    text = (paragraph + "\n\n- **One**: a thing that is told of in a line\n- Two\n\n") * 300
    assert not as_it_is(text)


HEAVY = {
    "a wide table": table(300, 1) + "\n| a" * 300, "a long table": table(3, 900),
    "a table without edges": "a|b\n-|-\n" + "a\n" * 1500,
    "a table in a list": "- " + table(100, 100).replace("\n", "\n  "),
    "emphasis": "*a_" * 9_000, "emphasis over lines": "*a\n" * 9_000, "emphasis in rows": "|*a_\n" * 9_000,
    "emphasis in what is no list": "b\n" + "2. *a_\n" * 9_000, "in a quote": "> *a_\n*a_\n" * 5_000,
    "in a quote of a list": "- > *a_\n" + "  > 2. *a_\n" * 5_000,
    "below an empty item": "-\n\n  b\n" + "    # *a_\n" * 5_000,
    "below empty marks": "*a_\n+\n" * 5_000, "between marks and tabs": "b\n" + "-\t*a_\n" * 5_000,
    "links": "[a](" * 20_000, "pictures": "![](" * 20_000, "addresses": "a@b." * 20_000, "ticks": "`a" * 20_000,
    "blanks": "a" + " " * 20_000 + "b", "words": "a_a" * 9_000, "backslashes": "\\*" * 20_000,
    "lists": "+ " * 900 + "a", "quotes": "> " * 900, "both": "> - " * 900, "1.": "1. " * 900,
    "steps": "\n".join("  " * depth + "- a" for depth in range(40)),
    "definitions": "".join(f"[a{number}]: b\n" for number in range(200)),
    "formulas": "$x$ " * 2_000, "blocks": "# a\n" * 20_000, "breaks": "a\n" * 40_000,
}  # fmt: skip


@pytest.mark.parametrize("heavy", HEAVY.values(), ids=HEAVY)
def test_what_is_too_much_is_shown_as_it_is_and_the_rest_is_markdown(heavy: str) -> None:
    heavy = heavy.rstrip("\n ")
    assert as_it_is(heavy)
    shown = written(f"*Before*\n\n{heavy}\n\n## After <b>")
    assert shown.startswith("*Before*\n\n")
    if len(heavy) < 3_000:
        assert shown.endswith("\n\n## After &#x00003c;b>")
    assert source(shown) == f"*Before*\n\n{heavy}\n\n## After <b>"


def test_only_what_is_too_much_of_many_things_is_shown_as_it_is() -> None:
    tables = "\n\n".join([table(20, 50)] * 6)
    assert len(as_it_is(tables)) == 3  # the others have the cells that all may have
    assert len(as_it_is("\n\n".join(["$x$ " * 100] * 5))) == 2


@pytest.mark.parametrize(
    "formula",
    [
        r"\begin{matrix}" + "a&" * 1_000 + r"\end{matrix}", r"\begin{matrix}" + r"a\\" * 1_000 + r"\end{matrix}",
        "x^{" * 100 + "a" + "}" * 100, r"\left(" * 50 + r"\right)" * 50, r"\begin{matrix}" * 30 + r"\end{matrix}" * 30,
        r"\rm{}" * 100 + "a", r"\large " * 100 + "a", r"\frac" * 100 + "ab" * 100,
        "x+" * 5_000, r"\newcommand{\a}{\a\a}\a", r"\def\a{\a\a}\a", r"\gdef \a{b}",
    ],
)  # fmt: skip
def test_a_formula_that_is_large_or_defines_macros_is_not_drawn(formula: str) -> None:
    assert not formulas.can_be_drawn(formula)
    for text in (f"$${formula}$$", f"$$\n{formula}\n$$", rf"So \({formula}\)"):
        assert not re.search("[\ufdd0-\ufdd7]", written(text))
        assert source(written(text)) == text


@pytest.mark.parametrize(
    "formula",
    [
        r"\frac{a}{b}" * 100, r"{\rm d}x + " * 50, r"\displaystyle a & \displaystyle b \\ " * 50,
        r"\left( a \right)" * 50, r"\sqrt{1 + \sqrt{1 + \sqrt{1 + \sqrt{1 + \frac{1}{x_{n_{k}}}}}}}",
        r"\begin{aligned}" + r"f(x) &= \int_{0}^{\infty} e^{-x^{2}} \, dx \\" * 40 + r"\end{aligned}",
    ],
)  # fmt: skip
def test_a_long_formula_as_people_write_them_is_drawn(formula: str) -> None:
    assert formulas.can_be_drawn(formula)


@pytest.mark.parametrize("fence", ["```python", "~~~ js x", "- ```html", "> ```css", "````sql"])
def test_code_that_is_long_stands_there_without_colours(fence: str) -> None:
    end = re.search("[`~]+", fence)
    assert end
    short, long = (f"{fence}\n" + "a = 1\n" * number + end[0] for number in (400, 9_000))
    if fence[0] not in "->":
        assert written(short) == short
        assert f"\n{fence}" not in "\n" + written(long)
    else:
        assert fence in written("\n\n".join([short.split("\n")[0], "b"]))
    assert source(written(long)) == long
    assert source(written("\n\n".join([short] * 20))) == "\n\n".join([short] * 20)


def test_a_large_diagram_is_shown_as_code() -> None:
    diagram = "```mermaid\ngraph TD\n" + "a --> b\n" * 1_000 + "```"
    assert written(diagram).startswith("```&#x00006d;ermaid\n")
    for drawn in ("a --> b\n" * 90, "a & b & c & d & e --> f & g & h & i"):
        assert "```mermaid" not in written(f"```mermaid\ngraph TD\n{drawn}\n```")
    assert written("\n\n".join(["```mermaid\ngraph TD\n```"] * 9)).count("```mermaid") == limits.DIAGRAMS


@pytest.mark.parametrize(("kind", "node"), [
    ("mindmap\n r", "  {}"), ("erDiagram", "e{}"), ("kanban", " k{}"), ("journey", "a:1:b"), ("graph TD", "{};"),
])  # fmt: skip
def test_diagrams_of_many_nodes_that_nothing_joins_are_shown_as_code(kind: str, node: str) -> None:
    def diagram(count: int) -> str:
        return "\n".join(["```mermaid", kind, *(node.format(number) for number in range(count)), "```"])

    assert len(diagram(160)) < limits.DIAGRAM
    assert written(diagram(160)).startswith("```&#x00006d;ermaid\n")
    assert written("\n\n".join([diagram(20)] * 3)).count("```mermaid") == 3


@pytest.mark.parametrize("diagram", [
    "block-beta\nspace:99999999",
    "  block\nspace:99999999", "block\n" + "space:99\n" * 90, "packet-beta\n0-99999999: 'a'",
    "%%{init: {}}%%\npacket\n+99999999: 'a'", "packet\n" + "+999: 'a'\n" * 90,
    "%%{init: {}}%%block-beta\nspace:99999999", "%%{init:a block-beta\nspace:99999999",
    "blo%%{init: {}}%%ck-beta\nspace:99999999", "block-beta\nspace:99%%{wrap}%%999999",
    "---\ntitle: a\r---\rblock-beta\nspace:99999999",
])  # fmt: skip
@pytest.mark.parametrize("prefix", ["", "> "])
def test_a_diagram_that_numbers_make_large_is_shown_as_code(prefix: str, diagram: str) -> None:
    text = "\n".join(prefix + line for line in f"```mermaid\n{diagram}\n```".split("\n"))
    assert written(text).startswith(f"{prefix}```&#x00006d;ermaid\n")


@pytest.mark.parametrize("diagram", [
    "block-beta\ncolumns 3\na:3\nblock:e:2\nb c\nend\nspace:2",
    "packet-beta\n0-15: \"Source\"\n16-31: \"To\"\n32-63: \"No\"",
    "graph TD\na[2026 of 1000000] --> b", "%%{init: {'theme': 'dark'}}%%\ngraph TD\na --> b",
    "%%{\n  init: {\n    'theme': 'dark'\n  }\n}%%\ngraph TD\na --> b",
])  # fmt: skip
def test_a_diagram_with_a_few_numbers_is_drawn(diagram: str) -> None:
    assert written(f"```mermaid\n{diagram}\n```").startswith("```mermaid\n")


@pytest.mark.parametrize("name", ["%%%LATEX_BLOCK_0%%%", "```\n%%%LATEX_BLOCK_0%%%\n```"])
def test_what_gradio_puts_in_the_place_of_formulas_is_none_of_its_own(name: str) -> None:
    shown = written(f"{name} $$x^2$$")
    assert "%%%LATEX" not in shown
    assert html.unescape(shown) == f'<pre class="typed">\n{name} $$x^2$$</pre>'


def test_signs_that_stand_for_those_of_formulas_make_none() -> None:
    assert written("\ufdd0x\ufdd1") == verbatim("\ufdd0x\ufdd1") == "\ufffdx\ufffd"
    assert "\ufdd0" not in typed("\ufdd0x\ufdd1") + thought_block("\ufdd0x\ufdd1", False)


PIECES = st.sampled_from([
    "a", " ", "\n", "\n\n", "*", "_", "`", "```\n", "~~~", "$x$", "$$", "\\(", "\\", "[", "](", "!", "<", "> ", "- ",
    "+\n", "1. ", "2. ", "    ", "\t", "|", "|-|-|\n", "---\n", "===\n", "# ", "&", "<pre>", "</pre>", "```python\n",
])  # fmt: skip


@example("> +\n", 1)
@example("+\n>", 1)
@example("- a\n> +\n\n- b", 1)
@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join), st.integers(1, 60))
def test_every_text_can_be_changed_back_and_ends_within_its_limits(text: str, count: int) -> None:
    text = (text * count)[:LONGEST]
    shown = written(text)
    assert source(shown) == text
    assert len(re.findall("[\ufdd0\ufdd2\ufdd4\ufdd6]", shown)) <= limits.FORMULAS
    assert shown.count(OURS) <= limits.REFUSED + 1
