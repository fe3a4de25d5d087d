"""A call that waits for a person, as the card in which they answer it (assets/page/views/approval.js). Pure."""

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backend.chat.messages import ToolCall, ToolResult
from ui.components.options import tool_title
from ui.render.icons import icon
from ui.render.texts import sendable
from ui.render.tool_calls import Round, arguments_table, render_round
from ui.texts import texts

ROWS, MOST_ROWS = 1, 10  # of the field for arguments
PROBLEM = '<p class="warning" role="alert" hidden></p>'  # where the page's script says what is wrong


@dataclass(frozen=True)
class Asked:
    """What a person is asked of a call. `can_run`: with leave the tool runs by itself; else they write what it returns.

    `arguments` as they are to be read.
    """

    can_run: bool
    arguments: str


Asks = Callable[[ToolCall], Asked] | None  # None while an answer is being written: nobody is asked, calls are being run


def needed(call: ToolCall, can_run: bool) -> str:
    """What a screen reader says when the card is there."""
    said = texts.transcript.needs_approval if can_run else texts.transcript.needs_result
    return said.format(tool_title(call.name))


def round_blocks(
    calls: tuple[ToolCall, ...], results: dict[str, ToolResult], open_ids: frozenset[str], asks: Asks,
    index: int | None, is_plain: bool = False, progress: str = "",
) -> Iterator[str]:  # fmt: skip
    """HTML of a round: what is done in a line, then the first call that waits. `index`, `progress`: see Round."""
    waiting = [call for call in calls if call.id in open_ids]
    if not waiting or asks is None:
        yield render_round(Round(calls, results, open_ids, True, index, is_plain, progress))
        return
    done = tuple(call for call in calls if call.id not in open_ids)
    if done:
        yield render_round(Round(done, results, index=index, is_plain=is_plain))
    yield render_approval(waiting[0], asks(waiting[0]), (calls.index(waiting[0]) + 1, len(calls)))


def render_approval(call: ToolCall, asked: Asked, place: tuple[int, int]) -> str:
    """HTML of the card; `place` is which call of how many this is, from 1."""
    number, count = place
    of = f"<small>{texts.tools.place.format(number=number, count=count)}</small>" if count > 1 else ""
    asks = texts.tools.allow if asked.can_run else texts.tools.was_called
    question = html.escape(asks).format(name=f"<b>{html.escape(tool_title(call.name))}</b>")
    label = html.escape(needed(call, asked.can_run))
    return sendable(
        f'<div class="ask" role="group" tabindex="-1" data-call="{html.escape(call.id)}" aria-label="{label}">'
        f'<p class="question">{icon("tool")}<span>{question}</span>{of}</p>'
        f"{_leave(asked.arguments) if asked.can_run else _result(call)}</div>"
    )


def _leave(arguments: str) -> str:
    told = texts.tools
    rows = min(MOST_ROWS, max(ROWS, arguments.count("\n") + 1))
    hint = f'aria-label="{told.deny_why}" title="{told.deny_why}"'
    why = f'<button type="button" class="why" aria-expanded="false" {hint}>{icon("unfold")}</button>'
    reason = f'<input name="reason" placeholder="{told.reason}" aria-label="{told.reason}">{_choice("deny", told.deny)}'
    return (
        f"<label>{told.arguments}"
        f'<textarea name="arguments" rows="{rows}" spellcheck="false">\n{html.escape(arguments)}</textarea></label>'
        f'{PROBLEM}<div class="choices">{_choice("once", told.once, True)}'
        f"{_choice('always', told.always, title=told.always_hint)}"
        f'<span class="split">{_choice("deny", told.deny)}{why}</span></div><div class="reason" hidden>{reason}</div>'
    )


def _result(call: ToolCall) -> str:
    told = texts.tools
    return (
        f"{arguments_table(call.arguments)}"
        f'<label>{told.result}<textarea name="result" rows="2"></textarea></label>'
        f'{PROBLEM}<div class="choices">{_choice("result", told.submit, True)}'
        f"{_choice('error', told.return_error)}</div>"
    )


def _choice(value: str, text: str, is_first: bool = False, title: str = "") -> str:
    kind = "verdict primary" if is_first else "verdict"
    hint = f' title="{html.escape(title)}"' if title else ""
    return f'<button type="button" class="{kind}" value="{value}"{hint}>{html.escape(text)}</button>'
