"""What events bring along and change, as Gradio has it: values and updates by component, who sent them, and what
is said at the page's bottom for some seconds, where it has no place of its own."""

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import gradio as gr

from web.requests import visitor

Values = dict[Any, Any]  # component -> value, as Gradio gives it for a set of inputs
ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")
Updates = dict[Any, Any]  # component -> new value or gr.update; what is left out stays as it is

SECONDS, LONG = 4.0, 80  # that something is said; from so many characters on twice as long


def warn(sentence: str) -> None:
    """Says what went wrong."""
    gr.Warning(sentence, duration=_seconds(sentence), title="")


def inform(sentence: str) -> None:
    """Says what came of what was done."""
    gr.Info(sentence, duration=_seconds(sentence), title="")


def _seconds(sentence: str) -> float:
    return SECONDS if len(sentence) <= LONG else 2 * SECONDS


def merged(values: Values, updates: Updates) -> Values:
    """These values as they are once the page shows the updates; one that holds no value leaves it."""
    after = dict(values)
    for component in values.keys() & updates.keys():
        update = updates[component]
        is_whole = not isinstance(update, dict) or not update.items() >= gr.update().items()
        after[component] = update if is_whole else update.get("value", values[component])
    return after


def connection_of(request: gr.Request) -> str:
    """Gradio's name for the page as it was loaded last."""
    return request.session_hash or ""


def visitor_of(request: gr.Request) -> str:
    """The address of whoever has the page open; empty where it is not known."""
    return visitor(request.request.scope) if request.request else ""


def today(zone: str = "") -> date:
    """The date in this time zone, by its name in the IANA's list; in UTC where there is none of that name."""
    try:
        return datetime.now(ZoneInfo(zone) if ZONE.fullmatch(zone) else UTC).date()
    except (ZoneInfoNotFoundError, ValueError, OSError):  # also of a name that is a folder's, or a way out of it
        return datetime.now(UTC).date()


def now() -> str:
    """The time in UTC, as ISO 8601 has it: of two, the later text is the later time."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def box(text: str = "", files: list[str] | None = None) -> dict[str, Any]:
    """A value for the message box."""
    return {"text": text, "files": files or []}
