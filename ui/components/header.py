"""The line at the page's top: the chats, the model, and what can be done with the chat that is shown. No behaviour.

What each button does is in assets/page/header.js: most stand for a component that is not seen.
"""

import html

from backend.runtime.model_info import ModelInfo
from ui.render.icons import icon

SHARED = (
    ("Copy link to this question", "link"), ("Export this chat (.json)", "export-json"),
    ("Export in OpenAI format (.json)", "export-openai"), ("Export as Markdown", "export-markdown"),
)  # fmt: skip


def header(info: ModelInfo, may_choose: bool = False) -> str:
    """As HTML. `may_choose`: another model can be chosen here."""
    name = html.escape(info.name)
    model = f'<button type="button" class="model" data-act="model">{name} <span aria-hidden="true">▾</span></button>'
    shared = "".join(f'<button type="button" data-press="{id}">{text}</button>' for text, id in SHARED)
    return (
        f"<header>{_button('menu', 'chats', 'Chats')}<h1>{model if may_choose else name}</h1><i></i>"
        f"{_button('temporary', 'private', 'Temporary chat')}"
        f'<details class="menu"><summary aria-label="Share and export" title="Share and export">{icon("share")}</summary>'
        f"<div>{shared}</div></details>"
        f"{_button('settings', 'settings', 'Settings')}{_button('new', 'new', 'New chat')}</header>"
    )


def _button(shown: str, act: str, label: str) -> str:
    return f'<button type="button" data-act="{act}" aria-label="{label}" title="{label}">{icon(shown)}</button>'
