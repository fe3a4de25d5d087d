"""An answer with the words marked of which the model was not sure."""

import html
import json
import re

import pytest

from backend.chat.messages import AssistantMessage
from backend.chat.request import ChatRequest
from backend.chat.scores import TokenScore
from tests.ui.render.test_contrast import contrast, rules, variables
from ui.render.views.sureness import MARKED, SHOWN, begun_word, level, sureness
from ui.texts import texts

MARK = re.compile(r'<span class="unsure" role="button"[^>]*>[^<]*</span>')
SURE = TokenScore(0, "The", 0.9995)


def view(text: str, *scores: TokenScore, asked: ChatRequest | None = None) -> str:
    return sureness(AssistantMessage(text, scores=scores), asked, 3)


def test_an_unsure_word_says_how_likely_it_was_and_what_else_was() -> None:
    shown = view("The sea <b>", SURE, TokenScore(3, " sea", 0.35, ((" ocean", 0.3), (" s", 0.02), ("", 0.01))))
    (mark,) = MARK.findall(shown)
    assert 'aria-label="sea: 37% likely"' in mark
    assert 'data-level="1" data-at="3"' in mark
    assert json.loads(html.unescape(re.findall(r'data-others="([^"]*)"', mark)[0])) == [
        [0, " ocean", 0.3],
        [2, "", 0.01],
    ]
    assert "&lt;b&gt;" in shown
    assert "wrong" in texts.sureness.about
    assert 'data-index="3"' in shown


@pytest.mark.parametrize(
    ("text", "at", "before"),
    [
        ("That", 2, "Th"),
        ("a That", 4, "Th"),
        ("a That", 2, ""),
        ("naïve", 3, "naï"),
        ("12.50", 3, ""),
        ("吾輩は猫", 2, ""),
    ],
)
def test_a_part_of_a_word_is_named_with_what_the_word_began_with(text: str, at: int, before: str) -> None:
    assert begun_word(text, at) == before
    (mark,) = MARK.findall(view(text, SURE, TokenScore(at, text[at], 0.5, (("x", 0.3),))))
    assert f'aria-label="{before}{text[at]}: 50% likely"' in mark


def test_how_it_is_marked_follows_from_how_sure_the_model_was() -> None:
    assert [level(TokenScore(0, "a", sure)) for sure in (0.1, 0.5, 0.8, 0.95)] == [1, 2, 3, 0]


def test_the_text_stays_whole_and_what_cannot_be_seen_has_a_sign() -> None:
    shown = view("a\n\tb", SURE, TokenScore(1, "\n\t", 0.5), TokenScore(3, "b", 0.5))
    body = re.findall(r'aria-label="Answer with its unsure words marked">(.*)</div>', shown, re.DOTALL)[0]
    assert re.sub(r"<[^>]*>", "", body) == "a↵\n⇥\tb"


def test_tab_reaches_one_of_all() -> None:
    shown = view("abc", *(TokenScore(at, letter, 0.5) for at, letter in enumerate("abc")))
    assert re.findall(r'tabindex="(-?\d)" data-level', shown) == ["0", "-1", "-1"]


@pytest.mark.parametrize(
    ("scores", "asked", "told"),
    [
        ((), None, texts.sureness.not_measured.format(option=texts.panel.scores)),
        ((), ChatRequest(), texts.sureness.not_measured.format(option=texts.panel.scores)),
        ((), ChatRequest(scores=True), texts.sureness.not_told),
        ((SURE,), ChatRequest(scores=True), texts.sureness.all_sure),
    ],
)
def test_where_there_is_nothing_to_mark_it_says_why(
    scores: tuple[TokenScore, ...], asked: ChatRequest | None, told: str
) -> None:
    shown = view("The", *scores, asked=asked)
    assert html.escape(told) in shown
    assert not MARK.findall(shown)


def test_a_long_answer_is_bounded_and_the_least_sure_words_are_marked() -> None:
    text = "x" * (2 * SHOWN)
    scores = (TokenScore(at, "x", 0.1 if at % 4 == 0 else 0.6) for at in range(2 * SHOWN))
    shown = view(text, *list(scores)[: 4 * MARKED], TokenScore(SHOWN + 5, "x", 0.01))
    marks = MARK.findall(shown)
    assert len(marks) == MARKED
    assert all('data-level="1"' in mark for mark in marks)
    assert texts.sureness.cut.replace("'", "&#x27;") in shown
    assert len(shown) < 4 * SHOWN


@pytest.mark.parametrize("is_dark", [False, True])
def test_every_mark_can_be_read(is_dark: bool) -> None:
    known = variables(is_dark)
    for selector, said in rules("sureness.css"):
        if selector == (".dark" if is_dark else ":root"):
            known |= said
    grounds = [known[f"--unsure-{at}"] for at in (1, 2, 3)]
    assert len(set(grounds)) == 3
    assert all(contrast(known["--ink"], ground) >= 4.5 for ground in grounds)
    assert contrast(known["--dim"], known["--card"]) >= 4.5
