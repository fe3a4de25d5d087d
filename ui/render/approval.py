"""A call that waits for a person, as the card in which they answer it (assets/page/views/approval.js). Pure."""

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backend.chat.messages import ToolCall, ToolResult
from backend.tools.ask import Question, question_in
from ui.components.options import tool_title
from ui.render.icons import icon
from ui.render.texts import sendable, shortened
from ui.render.tool_calls import Round, arguments_table, render_round
from ui.texts import texts

ROWS, MOST_ROWS = 1, 10  # of the field for arguments
OPTION, HEARD = 60, 200  # characters of an answer to choose, and of a question where it is said
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
    if question := question_in(call):
        return texts.transcript.needs_answer.format(_short(question.text, HEARD))
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
    label, question = html.escape(needed(call, asked.can_run)), question_in(call)
    if question:
        sign, kind, body = icon("chat"), "ask asks", _answer(question)
        title = f'<span class="wording" dir="auto">{html.escape(shortened(question.text))}</span>'
    else:
        sign, kind, body = icon("tool"), "ask", _leave(asked.arguments) if asked.can_run else _result(call)
        asks = html.escape(texts.tools.allow if asked.can_run else texts.tools.was_called)
        title = f"<span>{asks.format(name=f'<b>{html.escape(tool_title(call.name))}</b>')}</span>"
    return sendable(
        f'<div class="{kind}" role="group" tabindex="-1" data-call="{html.escape(call.id)}" aria-label="{label}">'
        f'<p class="question">{sign}{title}{of}</p>{body}</div>'
    )


def _answer(question: Question) -> str:
    """What a question of the model's is answered with: one of its options, or words of one's own."""
    told = texts.tools
    options = "".join(
        f'<button type="button" class="verdict" value="result" data-answer="{html.escape(option)}" dir="auto"'
        f' title="{html.escape(option)}">{html.escape(_short(option, OPTION))}</button>'
        for option in question.options
    )
    named = f'<div class="choices options" role="group" aria-label="{told.options}">{options}</div>' if options else ""
    return (
        f'{named}<label>{told.answer}<input name="result" autocomplete="off" dir="auto"></label>{PROBLEM}'
        f'<div class="choices">{_choice("result", told.send_answer, True)}{_choice("deny", told.skip_question)}</div>'
    )


def _short(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[:limit].rstrip()}…"


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
