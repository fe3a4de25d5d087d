"""How sure the model was of an answer, as HTML: its text with the words marked of which it was not. Pure.

A mark is told by its line and by its name, not by its colour alone. What could have come in a word's place is shown by
the page itself, where somebody asks (assets/page/views/sureness.js).
"""

import html
import json
import re
from collections.abc import Iterator, Sequence

from backend.chat.messages import AssistantMessage
from backend.chat.request import ChatRequest
from backend.chat.scores import TokenScore
from ui.render.icons import icon
from ui.render.texts import sendable
from ui.texts import texts

MARKED, SHOWN = 400, 40_000  # words at most that are marked, the least sure; characters that are shown
WORD = 30  # characters of a word before a token, at most
LEVELS = (0.4, 0.7, 0.9)  # below which a word is marked, and how: level 1 is the least sure
TOLD = texts.sureness


def sureness(message: AssistantMessage, asked: ChatRequest | None, index: int) -> str:
    """The whole view, of the answer at this index, which came from this request where that is known."""
    close = (
        f'<button type="button" class="do" value="close" aria-label="{TOLD.close}" title="{TOLD.close}">'
        f"{icon('close')}</button>"
    )
    return (
        f'<section class="inspector sureness" role="dialog" aria-labelledby="inspector-title" data-index="{index}">'
        f'<header><h2 id="inspector-title" tabindex="-1">{TOLD.title}</h2>{close}</header>'
        f"{''.join(_content(message, asked))}</section>"
    )


def level(score: TokenScore) -> int:
    """From 1, the least sure, to 3; 0 of what is not marked."""
    return next((number for number, below in enumerate(LEVELS, 1) if score.sureness < below), 0)


def _content(message: AssistantMessage, asked: ChatRequest | None) -> Iterator[str]:
    if not message.scores:
        was_asked = asked is not None and asked.is_scored
        yield _sentence(TOLD.not_told if was_asked else TOLD.not_measured.format(option=texts.panel.scores))
        return
    unsure = [score for score in message.scores if level(score) and score.text and score.end <= SHOWN]
    if not unsure:
        yield _sentence(TOLD.all_sure)
        return
    yield _sentence(TOLD.about)
    yield _legend()
    if len(unsure) > MARKED:
        yield _sentence(TOLD.most.format(count=MARKED))
        unsure = sorted(sorted(unsure, key=lambda score: score.sureness)[:MARKED])
    marked = sendable("".join(_marked(message.text[:SHOWN], unsure)))
    yield f'<div class="prompt" role="group" aria-label="{TOLD.answer}">{marked}</div>'
    if len(message.text) > SHOWN:
        yield _sentence(TOLD.cut)


def _sentence(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def _legend() -> str:
    names = (TOLD.under_40, TOLD.under_70, TOLD.under_90)
    shown = (f'<li><span class="unsure" data-level="{at}">{name}</span></li>' for at, name in enumerate(names, 1))
    return f'<ul class="legend">{"".join(reversed(list(shown)))}</ul>'


def _marked(text: str, unsure: Sequence[TokenScore]) -> Iterator[str]:
    """The text with these tokens as what can be chosen."""
    at = 0
    for score in unsure:
        if score.start < at:  # two parts of one character
            continue
        yield _plain(text[at : score.start])
        yield _mark(score, begun_word(text, score.start), is_first=not at)
        at = score.end
    yield _plain(text[at:])


def begun_word(text: str, at: int) -> str:
    """The letters before this place with which a token there makes a word, "Th" before "at"; a person reads words.

    None in scripts that write them without blanks.
    """
    found = re.search(r"[0-9A-Za-z\u00c0-\u2e7f]*\Z", text[max(0, at - WORD) : at])
    return found[0] if found and len(found[0]) < WORD else ""


def _mark(score: TokenScore, before: str, is_first: bool) -> str:
    """One that can be chosen; of all in the view Tab reaches one, arrows the others."""
    before = before if score.text[0].isalnum() else ""
    others = [[number, *other] for number, other in enumerate(score.alternatives) if other in score.others]
    shown = score.text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "↵\n").replace("\t", "⇥\t")
    named = TOLD.likely.format(text=before + (score.text.strip() or shown.strip()), percent=percent(score.sureness))
    return (
        f'<span class="unsure" role="button" tabindex="{0 if is_first else -1}" data-level="{level(score)}" '
        f'data-at="{score.start}" data-before="{html.escape(before)}" '
        f'data-others="{html.escape(json.dumps(others, ensure_ascii=False))}" '
        f'aria-label="{html.escape(named)}" aria-haspopup="dialog">{_plain(shown)}</span>'
    )


def percent(share: float) -> str:
    """A probability as a person reads it."""
    return TOLD.small if share < 0.01 else TOLD.percent.format(value=f"{100 * share:.0f}")


def _plain(text: str) -> str:
    return html.escape(text).replace("\r", "&#13;")
