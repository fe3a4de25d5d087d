"""What of an image in the message box leads to a part of it. Pure."""

import html

from backend.chat.parts import Image
from ui.texts import texts


def part_button() -> str:
    """Opens the dialog in which a part is chosen; see assets/page/regions/dialog.js."""
    return f'<button type="button" class="do" data-act="part">{texts.regions.select}</button>'


def caption(image: Image) -> str:
    """What the image is, if that is not plain."""
    return f'<small class="label" dir="auto">{html.escape(image.label)}</small>' if image.label else ""
