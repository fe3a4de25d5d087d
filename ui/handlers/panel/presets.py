"""System-prompt presets: ours, and the visitor's own, which their browser keeps."""

from typing import Any

import gradio as gr

from backend.chat.system_prompts import PRESETS
from ui.values import warn

MAX_OWN = 50


def choices(own: dict[str, str]) -> dict[str, Any]:
    """The dropdown with both kinds."""
    return gr.update(choices=[*PRESETS, *own])


def chosen(name: str | None, own: dict[str, str]) -> Any:
    """The system prompt of a preset."""
    return PRESETS.get(name or "") or own.get(name or "") or gr.skip()


def saved(name: str | None, prompt: str | None, own: dict[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """The visitor's presets with this one among them, and the dropdown."""
    name = " ".join((name or "").split())
    if not name or name in PRESETS or len(own) >= MAX_OWN:
        warn("Give the preset a name of its own." if len(own) < MAX_OWN else "Forget a preset first.")
        return own, gr.update()
    own = {**own, name: prompt or ""}
    return own, gr.update(choices=[*PRESETS, *own], value=name)


def forgotten(name: str | None, own: dict[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """The visitor's presets without this one, and the dropdown."""
    own = {key: prompt for key, prompt in own.items() if key != " ".join((name or "").split())}
    return own, gr.update(choices=[*PRESETS, *own], value=None)
