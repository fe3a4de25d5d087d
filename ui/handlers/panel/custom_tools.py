"""The editor of custom tools: an example to begin with, and what it holds in good order."""

import json
from typing import Any

import gradio as gr

from backend.tools.schemas import MAX_TEXT, strict_json, unwrapped
from ui.components.start import CARD_TOOLS


def example() -> str:
    """Tools as one describes them."""
    return CARD_TOOLS


def formatted(text: str | None) -> Any:
    """The same JSON, indented; what is none stays as it is, and the note below the editor says why."""
    if not (text or "").strip() or len(text or "") > MAX_TEXT:
        return gr.skip()
    try:
        ordered = json.dumps(strict_json(unwrapped(text or "")), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return gr.skip()
    return ordered if len(ordered) <= MAX_TEXT else gr.skip()
