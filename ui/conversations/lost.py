"""A conversation that the page shows and the server no longer has: after a restart, or since other pages took its room.

Each page that shows one bears the token of what the server keeps for it, `Chat.page`. Where the two differ, what would
act on the conversation is refused: it would act on an empty one. The way back is to open it again.
"""

import html

import gradio as gr

from ui.components.chat import ChatComponents
from ui.render.buttons import button
from ui.session import Updates, Values

LOST = "The server no longer has this conversation; open it again to go on, and your message stays in the box."
KEPT_NOWHERE = "This conversation was kept nowhere, so it cannot be opened again: begin a new chat."
NOTICE = f'<p class="lost" role="status">{html.escape(LOST)} {button("Open it again", "reopen")}</p>'


def is_lost(components: ChatComponents, values: Values) -> bool:
    """Whether the page shows a conversation that is not the one that the server has for it."""
    token: str = values.get(components.token) or ""
    return bool(token) and token != values[components.chat].page


def refused(components: ChatComponents) -> Updates:
    """Says so, and offers the way back."""
    gr.Warning(LOST)
    return {components.notice: NOTICE}
