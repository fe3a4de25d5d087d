"""The pictures about to be sent, as HTML. Pure."""

import html
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from backend.chat.messages import Image
from ui.components.options import DETAILS
from ui.render.addresses import picture_address
from ui.render.buttons import button
from ui.render.token_meter import amount


@dataclass(frozen=True)
class Attachment:
    """A picture in the box: its file, and what it will be once sent, or why it cannot be; 0 tokens: nobody knows."""

    path: str
    detail: int
    image: Image | None
    tokens: int = 0
    problem: str = ""
    is_exact: bool = True


EDITING = (
    '<p class="editing" role="status">You are editing an earlier message. '
    "Escape ends this, and so does emptying the box.</p>"
)


def marks(paths: Sequence[str]) -> list[int]:
    """What the page calls each of these pictures: a number of its own, wherever it stands, since places change.

    So a click means the picture that was shown, and not the one that has its place by now. A file may be there twice.
    """
    return [zlib.crc32(f"{paths[:at].count(path)} {path}".encode()) % 10**9 for at, path in enumerate(paths)]


def render_attachments(attachments: list[Attachment], page: str = "") -> str:
    """Thumbnails in the order in which the model will see them, each with its size, tokens and controls.

    `page` is what the page's script remembers to find them by after a reload, and what comes of a text that is sent
    without any; empty where it is to remember nothing.
    """
    if not attachments:
        return f'<span class="drafts" data-page="{html.escape(page)}" hidden></span>' if page else ""
    names = marks([attachment.path for attachment in attachments])
    shown = (_attachment(attachment, names[at], at, len(attachments)) for at, attachment in enumerate(attachments))
    named = f' data-page="{html.escape(page)}"' if page else ""
    return f'<ol class="drafts" aria-label="Pictures to be sent"{named}>{"".join(shown)}</ol>'


def _attachment(attachment: Attachment, mark: int, number: int, count: int) -> str:
    name = f"picture {number + 1}"
    if attachment.image is None:
        about = f'<span class="warning">{html.escape(attachment.problem)}</span>'
    else:
        tokens = f" · {amount(attachment.tokens, attachment.is_exact)} tokens" if attachment.tokens else ""
        about = f"<span>{attachment.image.width} × {attachment.image.height}{tokens}</span>"
    options = "".join(
        f'<option value="{edge}"{" selected" if edge == attachment.detail else ""}>{label}</option>'
        for label, edge in DETAILS
    )
    picture = f'<img src="{picture_address(attachment.image)}" alt="{name}">' if attachment.image else ""
    return (
        f"<li>{picture}{about}<span class='controls'>"
        f'<select class="do" name="detail {mark}" aria-label="Detail of {name}">{options}</select>'
        f"{button('←', f'move {mark} -1', f'Move {name} forward', number > 0)}"
        f"{button('→', f'move {mark} 1', f'Move {name} back', number < count - 1)}"
        f"{button('✕', f'remove {mark}', f'Remove {name}')}</span></li>"
    )
