"""What stands around two answers to one question: the heading, the question above, what each side is. Pure."""

import html
from typing import Literal

from backend.chat.messages import UserMessage
from ui.render.icons import icon
from ui.render.transcript import question
from ui.texts import texts

State = Literal["setup", "running", "done"]


def render_head(state: State) -> str:
    """HTML of the line at the top; while it is there the comparison has the conversation's place, by style."""
    told = texts.compare
    return (
        f'<header data-state="{state}"><h2 tabindex="-1">{told.title}</h2>'
        f'<span role="tablist" aria-label="{told.title}">{_tab("A", True)}{_tab("B", False)}</span><i></i>'
        f'<button type="button" class="stop" data-compare="stop">{icon("stop")} {told.stop}</button>'
        f'<button type="button" data-compare="close" aria-label="{told.close}" title="{told.close}">{icon("close")}'
        "</button></header>"
    )


def _tab(side: Literal["A", "B"], is_shown: bool) -> str:
    shown = str(is_shown).lower()
    return f'<button type="button" role="tab" data-side="{side.lower()}" aria-selected="{shown}">{side}</button>'


def render_question(message: UserMessage) -> str:
    """HTML of what both answer."""
    made = "".join(question(message))
    return f'<article class="entry user" aria-label="You"><div class="content">{made}</div></article>'


def render_title(side: Literal["A", "B"], about: str, state: State) -> str:
    """HTML of what a side is; of the second one, how to ask for another."""
    again = f'<button type="button" data-compare="again">{texts.compare.again}</button>'
    more = again if side == "B" and state == "done" else ""
    return f"<h3><b>{side}</b> <span>{html.escape(about)}</span></h3>{more}"
