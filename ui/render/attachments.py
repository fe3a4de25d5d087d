"""The images about to be sent, as HTML. Pure."""

import html
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from backend.chat.parts import Image
from ui.components.options import DETAILS
from ui.render.addresses import picture_address
from ui.render.buttons import button
from ui.render.icons import icon
from ui.render.token_meter import amount
from ui.texts import texts

MOST = 10  # of one message
WORDS = texts.composer


@dataclass(frozen=True)
class Attachment:
    """An image in the box: its file, and what it will be once sent, or why it cannot be; 0 tokens: nobody knows.

    `waits`: it can be sent, but nobody has had the time to look at it.
    """

    path: str
    detail: int
    image: Image | None
    tokens: int = 0
    problem: str = ""
    is_exact: bool = True
    waits: bool = False


def marks(paths: Sequence[str]) -> list[int]:
    """What the page calls each of these images: a number of its own, wherever it stands, since places change.

    So a click means the image that was shown, and not the one that has its place by now. A file may be there twice.
    """
    return [zlib.crc32(f"{paths[:at].count(path)} {path}".encode()) % 10**9 for at, path in enumerate(paths)]


def render_attachments(attachments: list[Attachment], page: str = "") -> str:
    """What is wrong, a sentence each; then thumbnails in the order in which the model will see them.

    `page` is what the page's script remembers to find them by after a reload, and what comes of a text that is sent
    without any; empty where it is to remember nothing.
    """
    named = f' data-page="{html.escape(page)}"' if page else ""
    if not attachments:
        return f'<span class="drafts"{named} hidden></span>' if page else ""
    names = marks([attachment.path for attachment in attachments])
    numbered = list(zip(attachments, names, strict=True))
    wrong = "".join(_refused(attachment, name) for attachment, name in numbered if attachment.image is None)
    images = [(attachment, name) for attachment, name in numbered if attachment.image]
    last = len(images) - 1
    shown = "".join(_thumbnail(image, name, at, at == last) for at, (image, name) in enumerate(images))
    return f'{wrong}{_excess(len(attachments))}<ol class="drafts" aria-label="{WORDS.images}"{named}>{shown}</ol>'


def _excess(count: int) -> str:
    if count <= MOST:
        return ""
    return f'<p class="refused excess" role="alert">{WORDS.too_many.format(most=MOST, excess=count - MOST)}</p>'


def _refused(attachment: Attachment, name: int) -> str:
    """Why this file is not sent, and the way to be rid of it."""
    kind = "waits" if attachment.waits else "refused"
    remove = button("", f"remove {name}", WORDS.remove_file, shown="close")
    return f'<p class="{kind}" role="alert"><span>{html.escape(attachment.problem)}</span>{remove}</p>'


def _thumbnail(attachment: Attachment, name: int, at: int, is_last: bool) -> str:
    """The image, which opens a menu of what can be done with it."""
    image = attachment.image
    assert image
    label = WORDS.image.format(number=at + 1)
    tokens = f" · {amount(attachment.tokens, attachment.is_exact)} tokens" if attachment.tokens else ""
    about = f"{image.width} × {image.height}{tokens}"
    sizes = "".join(_size(text, f"detail {name} {edge}", edge == attachment.detail) for text, edge in DETAILS)
    earlier = "" if at == 0 else button(WORDS.earlier, f"move {name} -1")
    later = "" if is_last else button(WORDS.later, f"move {name} 1")
    return (
        f'<li draggable="true" data-mark="{name}" data-path="{html.escape(attachment.path)}">'
        f'<button type="button" class="thumbnail" popovertarget="image-{name}" aria-label="{label}: {about}" '
        f'title="{about}"><img src="{picture_address(image)}" alt="" draggable="false"></button>'
        f'<div popover id="image-{name}" class="image-menu"><p>{about}</p>{sizes}{earlier}{later}</div>'
        f"{button('', f'remove {name}', f'{WORDS.remove} {label.lower()}', shown='close')}</li>"
    )


def _size(text: str, command: str, is_chosen: bool) -> str:
    chosen = str(is_chosen).lower()
    return f'<button type="button" class="do" value="{command}" aria-pressed="{chosen}">{icon("check")}{text}</button>'
