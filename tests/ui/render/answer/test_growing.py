r"""An answer that is being written: what stands is not made again, and it ends as one that came at once."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.answers import seen_of
from tests.ui.render.answer.test_read_as_written import SIGNS
from ui.render.answer import growing as module
from ui.render.answer.blocks import USUAL, blocks
from ui.render.answer.growing import UNSETTLED, GrowingText, _without_open_formula
from ui.render.texts import plain

ANSWER = "\n\n".join(
    part
    for number in range(40)
    for part in (
        f"## Part {number}", "Some *words* of a paragraph, with `code` in it and $x^2$. " * 3,
        "- One\n- Two\n\n  goes on\n- Three", "| a | b |\n|---|---|\n| 1 | 2 |", "```python\nprint(1)\n```",
        "$$\n\\frac{a}{b}\n$$",
    )
)  # fmt: skip


@settings(deadline=None)
@given(SIGNS, st.lists(st.integers(1, 20), max_size=12))
def test_an_answer_that_grows_ends_as_one_that_came_at_once(text: str, steps: list[int]) -> None:
    assume(not _without_open_formula(text)[1])
    growing, at = GrowingText(), 0
    for step in steps:
        at += step
        growing.blocks(text[:at])
    assert seen_of(growing.blocks(text)).read == seen_of(blocks(text)).read


@settings(deadline=None)
@given(SIGNS)
def test_an_answer_that_grows_sign_by_sign_ends_so_too(text: str) -> None:
    assume(not _without_open_formula(text)[1])
    growing = GrowingText()
    for at in range(len(text)):
        growing.blocks(text[:at])
    assert seen_of(growing.blocks(text)).read == seen_of(blocks(text)).read


def test_while_an_answer_grows_only_its_end_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at, rendered = list[int](), module.rendered

    def counted(text: str, **given: bool) -> object:
        looked_at.append(len(text))
        return rendered(text, **given)

    monkeypatch.setattr(module, "rendered", counted)
    growing = GrowingText()
    for at in range(0, len(ANSWER), 20):
        growing.blocks(ANSWER[:at])
    assert len(ANSWER) > 10_000
    assert max(looked_at) < 500
    assert "".join(growing.blocks(ANSWER)) == "".join(blocks(ANSWER))


def test_the_blocks_that_stand_are_the_same_at_each_update() -> None:
    growing = GrowingText()
    before = growing.blocks("# One\n\nTwo\n\nThree\n\nFour")
    after = growing.blocks("# One\n\nTwo\n\nThree\n\nFour goes on")
    assert before[:3] == after[:3]
    assert all(one is other for one, other in zip(before[:2], after[:2], strict=True))


def test_a_formula_is_shown_as_it_is_written_until_it_ends() -> None:
    text = "So:\n\n$$\n*a* + _b\n\n- c"
    assert GrowingText().blocks(text) == ('<p dir="auto">So:</p>\n', plain("$$\n*a* + _b\n\n- c"))
    assert "<math" in "".join(GrowingText().blocks(f"{text}\n$$"))


def test_code_that_grows_is_coloured_when_it_is_done() -> None:
    growing = GrowingText()
    assert "<span class=" not in "".join(growing.blocks("```python\nprint(1)\n"))
    assert '<span class="nb">print</span>' in "".join(growing.blocks("```python\nprint(1)\n```\n\nSo"))


def test_long_code_that_grows_is_code_whatever_stands_before_it() -> None:
    growing, begun = GrowingText(), "Intro.\n\n- Here\n\n```python\n"
    growing.blocks(f"{begun}a = 1\n")
    shown = growing.blocks(begun + "a = 1\n" * (UNSETTLED // 4))
    assert shown[:2] == blocks("Intro.\n\n- Here")
    assert '<figure class="code"' in shown[-1]


def test_one_block_of_signs_is_not_looked_through_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at, rendered = list[int](), module.rendered

    def counted(text: str, **given: bool) -> object:
        looked_at.append(len(text))
        return rendered(text, **given)

    monkeypatch.setattr(module, "rendered", counted)
    growing, text = GrowingText(), "![" * 9_000
    for end in range(1_000, len(text) + 1, 1_000):
        growing.blocks(text[:end])
        growing.blocks(f"{text[:end]}")  # nothing has come meanwhile
    assert growing.blocks(text) == (plain(text),)
    assert sum(looked_at) < 2 * len(text)


@pytest.mark.parametrize("length", [UNSETTLED + 1, USUAL.characters + 1])
def test_one_block_that_grows_without_end_is_shown_as_it_is_written(length: int) -> None:
    text = "*a* " * (length // 4 + 1)
    shown = "".join(GrowingText().blocks(text))
    assert "<em>" not in shown
    assert seen_of((shown,)).read.strip().endswith(text.strip())
