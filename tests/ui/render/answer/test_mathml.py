r"""Formulas as MathML: none of them says more than how it looks."""

import re

import pytest

from ui.render.answer.mathml import mathml


@pytest.mark.parametrize(
    ("latex", "part"),
    [
        (r"\frac{1}{2}", "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>"),
        (r"x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
        (r"\text{a < b & c}", "<mtext>a\xa0&lt;\xa0b\xa0&amp;\xa0c</mtext>"),
        (r"\alpha", "<mi>α</mi>"),
    ],
)
def test_formulas_are_drawn(latex: str, part: str) -> None:
    assert part in str(mathml(latex, False))


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<img src=x onerror=alert(1)>}", r"\href{javascript:alert(1)}{x}", r"\style{position:fixed}{x}",
        r"\class{do}{x}", r"\text{</math><script>alert(1)</script>}", r"\color{red;position:fixed}x",
        r"\mathrm{<b>}", r"\operatorname{<b>}", r"\href{https://a.example}{x}", r"\text{&lt;img&gt;}",
        r"\hspace{9999em}x", r'\color{red" onclick="alert(1)}x',
    ],
)  # fmt: skip
def test_a_formula_brings_no_tag_address_or_style_along(latex: str) -> None:
    shown = mathml(latex, True) or ""
    assert re.findall(r"<(?!/?m[a-z]+[\s>])", shown) == []
    assert not re.search(r"\s(?:href|style|class|on\w+)=\"", shown)
    assert "9999" not in shown


@pytest.mark.parametrize("latex", [r"\frac{1}{", r"\left(", "^^", r"\begin{matrix} a", "x" * 1_001, r"x_1_2"])
def test_what_cannot_be_drawn_is_none(latex: str) -> None:
    assert mathml(latex, False) is None
