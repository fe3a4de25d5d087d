"""The line at the page's top: the chats, the model, and what can be done with the chat that is shown. No behaviour.

What each button does is in assets/page/layout/header.js: most stand for a component that is not seen.
"""

import html

from backend.demo.values import NO_DEMO, Demo
from backend.runtime.model_info import ModelInfo
from ui.render.icons import icon
from ui.texts import texts

SAID = texts.header
SHARED = (
    (SAID.link, "link"), (SAID.json, "export-json"), (SAID.openai, "export-openai"), (SAID.markdown, "export-markdown"),
)  # fmt: skip
KEYS = (
    ("Enter", texts.keys.send), ("Shift+Enter", texts.keys.line), ("Esc", texts.keys.leave), ("↑", texts.keys.edit),
    ("Alt+N", texts.keys.new), ("Alt+R", texts.keys.again), ("/", texts.keys.write), ("?", texts.keys.show),
)  # fmt: skip


def header(info: ModelInfo, demo: Demo = NO_DEMO, may_choose: bool = False) -> str:
    """As HTML. `may_choose`: another model can be chosen here."""
    name = html.escape(demo.title or info.name)
    model = (
        f'<button type="button" class="model" data-act="model" aria-haspopup="dialog" title="{SAID.model}">'
        f"<span>{name}</span>{icon('unfold')}</button>"
    )
    shared = "".join(f'<button type="button" data-press="{id}">{text}</button>' for text, id in SHARED)
    shared += f'<button type="button" data-act="code">{texts.code.open}</button>'
    share = (
        f'<details class="menu"><summary aria-label="{SAID.share}" title="{SAID.share}">{icon("share")}</summary>'
        f"<div>{shared}</div></details>"
    )
    has_chats = not demo.hides("history")
    return (
        f"<header>{_button('menu', 'shelf', SAID.chats) if has_chats else ''}"
        f"<h1>{model if may_choose else name}</h1><i></i>"
        f"{_button('temporary', 'private', SAID.temporary) if has_chats else ''}"
        f"{'' if demo.hides('exports') else share}"
        f"{'' if demo.hides('settings') else _button('settings', 'panel', SAID.settings)}"
        f"{_button('new', 'new', SAID.new)}</header>"
    )


def settings_head() -> str:
    """What stands over the settings, as HTML."""
    return f"<h2>{SAID.settings}</h2>{_button('close', 'panel', SAID.close)}"


def shortcuts() -> str:
    """The keys and what they do, as HTML."""
    rows = "".join(f'<tr><th scope="row">{_keys(keys)}</th><td>{what}</td></tr>' for keys, what in KEYS)
    return f'<table class="keys-table">{rows}</table>'


def _keys(keys: str) -> str:
    return "".join(f"<kbd>{key}</kbd>" for key in keys.split("+"))


def _button(shown: str, act: str, label: str) -> str:
    return f'<button type="button" data-act="{act}" aria-label="{label}" title="{label}">{icon(shown)}</button>'
