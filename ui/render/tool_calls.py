"""The tool calls of one round as one folded line, with their arguments and results inside; pictures stand below. Pure."""

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass

from backend.chat.messages import ToolCall, ToolResult
from backend.tools.ask import question_in
from ui.components.options import tool_title
from ui.render.addresses import picture_address
from ui.render.buttons import button
from ui.render.icons import icon
from ui.render.texts import sendable, shortened
from ui.texts import texts

TABLED = 50_000  # characters of arguments: no tool of ours takes more (backend/tools/toolbox.py)
HEAVY = 20_000  # of `rows_of`; a round that has more is shown as one text
GIST, NAME, NAMED = 60, 48, 3  # characters of a line's gist, and of a name; tools that a line names
ICONS = {"done": "check", "failed": "warn", "denied": "skip", "skipped": "skip", "waiting": "clock", "asked": "clock"}

NOT_DONE = ("running", "waiting", "asked", "failed", "denied", "skipped")  # how a call can stand, the foremost first


@dataclass(frozen=True)
class Round:
    """The calls that a round ended with, and their results as far as they came.

    `open_ids` are of calls that wait for a person, or are being run: `is_running`. `index` is the place of the answer
    that made them, where its prompt can be looked at. `is_plain`: one text shows it, since a browser has enough to lay out.
    `progress` is what the one says that is being run.
    """

    calls: tuple[ToolCall, ...]
    results: dict[str, ToolResult]
    open_ids: frozenset[str] = frozenset()
    is_running: bool = False
    index: int | None = None
    is_plain: bool = False
    progress: str = ""

    def state(self, call: ToolCall) -> str:
        """How a call stands."""
        if result := self.results.get(call.id):
            return "denied" if result.denied else "failed" if result.is_error else "done"
        if call.id not in self.open_ids:
            return "skipped"
        return "running" if self.is_running else "asked" if question_in(call) else "waiting"


def rows_of(calls: tuple[ToolCall, ...]) -> int:
    """About how many elements show them: some for each call, and three for each of its arguments."""
    return sum(10 + 3 * call.arguments.count(":") for call in calls)


def _name(call: ToolCall) -> str:
    title = tool_title(call.name)
    return title if len(title) <= NAME else f"{title[:NAME]}…"


def render_round(round_: Round) -> str:
    """HTML; what is unfolded stays so when it is drawn anew (assets/page/transcript/morph.js)."""
    if not round_.calls:
        return ""
    states = {round_.state(call) for call in round_.calls}
    state = next(state for state in (*NOT_DONE, "done") if state in states)
    is_plain = round_.is_plain or rows_of(round_.calls) > HEAVY
    calls = _as_text(round_) if is_plain else "".join(_call(call, round_) for call in round_.calls)
    prompt = "" if round_.index is None else button(texts.transcript.prompt, f"inspect {round_.index}")
    made = (
        f'<details class="calls {state}"><summary>{_sign(state)}{_line(round_)}</summary>'
        f"<div>{calls}{prompt}</div></details>{_pictures(round_)}"
    )
    return sendable(made)


def _sign(state: str) -> str:
    return '<i class="spin" aria-hidden="true"></i>' if state == "running" else icon(ICONS[state])


def _line(round_: Round) -> str:
    """What is seen of it folded: which tools, what of, and how it went."""
    names = list(dict.fromkeys(_name(call) for call in round_.calls))
    more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
    parts = [f"<b>{html.escape(', '.join(names[:NAMED]))}{more}</b>"]
    if gist := _gist(round_):
        parts.append(f'<span class="gist" dir="auto">{html.escape(gist)}</span>')
    if about := " · ".join(_about(round_)):
        parts.append(f'<span class="about">{about}</span>')
    return "".join(parts)


def _gist(round_: Round) -> str:
    """What a call says that is being run; else of one that is alone what went in and what came out, if both are short."""
    if round_.is_running and round_.open_ids and round_.progress:
        return round_.progress
    call = round_.calls[0]
    result, asked = round_.results.get(call.id), question_in(call)
    values = {"question": asked.text} if asked else _values(call.arguments)
    if len(round_.calls) > 1 or values is None:
        return ""
    given = ", ".join(" ".join(value.split()) for value in values.values())
    came = " ".join(result.output.split()) if result and not (result.is_error or result.images) else ""
    both = f"{given} → {came}" if given and came else came or given
    return next((gist for gist in (both, given) if 0 < len(gist) <= GIST), "")


def _about(round_: Round) -> Iterable[str]:
    told = texts.tools
    count = len(round_.calls)
    if count > 1:
        yield told.calls.format(count=count)
    states = [round_.state(call) for call in round_.calls]
    for state in NOT_DONE:
        if number := states.count(state):
            said = getattr(told, state)
            yield said if number == count else f"{number} {said}"
    results = [result for call in round_.calls if (result := round_.results.get(call.id))]
    if any(result.canned for result in results):
        yield told.canned
    seconds = [result.seconds for result in results if result.seconds is not None and not result.canned]
    if seconds:
        yield _duration(sum(seconds))


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "&lt; 1 ms"


def _as_text(round_: Round) -> str:
    """All calls in one element."""
    results = (round_.results.get(call.id) for call in round_.calls)
    pairs = zip(round_.calls, results, strict=True)
    return _block(
        "\n\n".join(f"{call.name}({call.arguments})\n→ {came.output if came else ''}" for call, came in pairs)
    )


def _call(call: ToolCall, round_: Round) -> str:
    result, state = round_.results.get(call.id), round_.state(call)
    parts = [] if state == "done" else [getattr(texts.tools, state)]
    parts += [texts.tools.canned] if result and result.canned else []
    if result and result.seconds is not None and not result.canned:
        parts.append(_duration(result.seconds))
    said = f' <span class="state">{" · ".join(parts)}</span>' if parts else ""
    return (
        f'<section class="call {state}"><p><code>{html.escape(call.name)}</code>{said}</p>'
        f"{arguments_table(call.arguments)}{_result(result) if result else ''}</section>"
    )


def arguments_table(text: str) -> str:
    """A call's arguments by their names; as they are where they are no JSON object."""
    if len(text) > TABLED:
        return _block(text)
    values = _values(text)
    if values is None:
        return f'<p class="warning">{texts.tools.no_object}</p>{_block(text)}'
    if not values:
        return f'<p class="none">{texts.tools.no_arguments}</p>'
    rows = (f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in values.items())
    return f'<dl dir="auto">{"".join(rows)}</dl>'


def _values(text: str) -> dict[str, str] | None:
    """The arguments as texts; None where they are no JSON object, or too long to look at."""
    if len(text) > TABLED:
        return None
    try:
        values = json.loads(text)
        return {name: _shown(value) for name, value in values.items()} if isinstance(values, dict) else None
    except (ValueError, RecursionError):
        return None


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _result(result: ToolResult) -> str:
    kind = texts.tools.error if result.is_error else texts.tools.result
    return f'<div class="result" role="group" aria-label="{kind}">{_block(result.output)}</div>'


def _pictures(round_: Round) -> str:
    """What tools drew is seen without unfolding anything."""
    images = [image for call in round_.calls if call.id in round_.results for image in round_.results[call.id].images]
    made = "".join(
        f'<button type="button" class="enlarge"><img src="{picture_address(image)}" alt="{texts.tools.picture}" '
        f'width="{image.width}" height="{image.height}" loading="lazy"></button>'
        for image in images
    )
    return f'<div class="made">{made}</div>' if made else ""


def _block(text: str) -> str:
    return f'<pre dir="auto">{html.escape(shortened(text))}</pre>'
