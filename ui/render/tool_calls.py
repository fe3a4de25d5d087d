"""Tool calls and their results as HTML cards, side by side where there are several. Pure."""

import html
import json

from backend.chat.messages import ToolCall, ToolResult
from ui.render.addresses import picture_address
from ui.render.texts import shortened

FOLDED = 400  # characters of a result; a longer one is folded
TABLED = 50_000  # characters of arguments: no tool of ours takes more (backend/tools/toolbox.py)
STATES = {"done": "✓", "failed": "✕", "waiting": "…", "not answered": "–"}


def render_tool_calls(calls: tuple[ToolCall, ...], results: dict[str, ToolResult], open_ids: set[str]) -> str:
    """One card a call: its name, arguments, state, time and result."""
    shown = (_card(call, results.get(call.id), call.id in open_ids) for call in calls)
    return f'<div class="calls">{"".join(shown)}</div>'


def _card(call: ToolCall, result: ToolResult | None, is_open: bool) -> str:
    state = "failed" if result and result.is_error else "done" if result else "waiting" if is_open else "not answered"
    return (
        f'<section class="call {state.replace(" ", "-")}"><h4><code>{html.escape(call.name)}</code> '
        f'<span class="state">{STATES[state]} {state}{_how(result)}</span></h4>'
        f"{_arguments(call.arguments)}{_result(result) if result else ''}</section>"
    )


def _how(result: ToolResult | None) -> str:
    """How long the tool took, or that no tool ran."""
    if result and result.canned:
        return " · fixed reply"
    return f" · {_duration(result.seconds)}" if result and result.seconds is not None else ""


def _duration(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.001 else "under 1 ms"


def _arguments(text: str) -> str:
    if len(text) > TABLED:
        return _folded("Arguments", text)
    try:
        values = json.loads(text)
        shown = {name: _shown(value) for name, value in values.items()} if isinstance(values, dict) else None
    except (ValueError, RecursionError):
        shown = None
    if shown is None:
        return f'<p class="warning">Not a JSON object:</p>{_block(text)}'
    if not shown:
        return '<p class="none">no arguments</p>'
    rows = (f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in shown.items())
    return f"<table>{''.join(rows)}</table>".encode(errors="replace").decode()  # half a character could not be sent


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _result(result: ToolResult) -> str:
    kind = "Error" if result.is_error else "Result"
    if result.images:
        made = "".join(
            f'<img src="{picture_address(image)}" alt="A picture that the tool made">' for image in result.images
        )
        return f'<div class="result">{made}</div>'
    if len(result.output) <= FOLDED:
        return f'<div class="result" aria-label="{kind}">{_block(result.output)}</div>'
    return _folded(kind, result.output)


def _folded(kind: str, text: str) -> str:
    return f'<details class="result"><summary>{kind}, {len(text):,} characters</summary>{_block(text)}</details>'


def _block(text: str) -> str:
    return f"<pre>{html.escape(shortened(text))}</pre>"
