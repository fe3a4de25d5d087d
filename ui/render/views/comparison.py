"""Two answers to one question, and what stands around them: the heading, the question above, what each side is."""

import html
from typing import Literal

from backend.chat.messages import AssistantMessage, Conversation, ToolMessage, UserMessage
from ui.render.answer.growing import GrowingAnswer
from ui.render.answer.updates import Entry
from ui.render.entry_actions import ending, waiting
from ui.render.icons import icon
from ui.render.question.parts import question
from ui.render.tool_calls import Round, render_round
from ui.render.transcript import Value, value, written
from ui.texts import texts

State = Literal["setup", "running", "done"]


def render_head(state: State) -> str:
    """HTML of the line at the top; while it is there the comparison has the conversation's place, by style."""
    told = texts.compare
    return (
        f'<header data-state="{state}"><h2 tabindex="-1">{told.title}</h2>'
        f'<span role="tablist" aria-label="{told.title}">{_tab("A")}{_tab("B")}</span><i></i>'
        f'<button type="button" class="stop" data-compare="stop">{icon("stop")}<span>{told.stop}</span></button>'
        f'<button type="button" data-compare="close" aria-label="{told.close}" title="{told.close}">{icon("close")}'
        "</button></header>"
    )


def _tab(side: Literal["A", "B"]) -> str:
    name = side.lower()
    return (
        f'<button type="button" role="tab" id="compare-tab-{name}" data-side="{name}" aria-controls="side-{name}">'
        f"{side}</button>"
    )


def render_question(message: UserMessage) -> str:
    """HTML of what both answer."""
    made = "".join(f'<div class="block">{block}</div>' for block in question(message))
    return (
        f'<article class="entry user" aria-label="{texts.transcript.you}"><div class="content">{made}</div></article>'
    )


def render_title(side: Literal["A", "B"], about: str, state: State) -> str:
    """HTML of what a side is; of the second one, how to ask for another."""
    again = f'<button type="button" data-compare="again">{texts.compare.again}</button>'
    more = again if side == "B" and state == "done" else ""
    return f"<h3><b>{side}</b> <span>{html.escape(about)}</span></h3>{more}"


class Side:
    """What came to the last question of a conversation, to be looked at and no more, as it grows."""

    def __init__(self) -> None:
        self._growing = GrowingAnswer()
        self._drawn: tuple[Conversation, bool, Value] | None = None

    def drawn(self, conversation: Conversation, is_running: bool) -> Value:
        """For the page's transcript; one that has not changed is not made anew."""
        if self._drawn and self._drawn[0] is conversation and self._drawn[1] == is_running:
            return self._drawn[2]
        results = {m.result.call_id: m.result for m in conversation.turn if isinstance(m, ToolMessage)}
        open_ids = frozenset(call.id for call in conversation.open_calls)
        entries: list[Entry] = []
        for at, message in enumerate(conversation.turn):
            if isinstance(message, AssistantMessage):
                is_last = is_running and message is conversation.turn[-1]
                made = [*written(message, self._growing if is_last else None)]
                calls = render_round(Round(message.tool_calls, results, open_ids, is_running))
                made += filter(None, (calls, waiting(message) or ending(message)))
                entries.append((str(at), "assistant", tuple(made)))
        drawn = value(after="", entries=entries)
        self._drawn = conversation, is_running, drawn
        return drawn
