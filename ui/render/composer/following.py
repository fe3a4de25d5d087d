"""The offer to go on with a document after some of its pages were sent. Pure."""

import html
from collections.abc import Sequence

from ui.attachments.box_files import AT_ONCE
from ui.attachments.choice import Choice, ranges
from ui.attachments.readings import name_of
from ui.render.buttons import button
from ui.texts import texts

WORDS = texts.documents


def render_following(following: Sequence[tuple[str, Choice]], most: int = AT_ONCE) -> str:
    """A row with what comes next of each document, such as pages 11-20; empty where nothing does."""
    if not following:
        return ""
    told = ", ".join(_told(path, choice, most) for path, choice in following)
    take = button(WORDS.following_add, "following take")
    drop = button("", "following drop", texts.composer.dismiss, shown="close")
    said = html.escape(WORDS.following.format(pages=told))
    return f'<p class="following" role="status"><span>{said}</span>{take}{drop}</p>'


def _told(path: str, choice: Choice, most: int) -> str:
    pages = (choice.pages or ())[: most if choice.form != "text" else None]
    if len(pages) == 1:
        return WORDS.page_of.format(number=pages[0], name=name_of(path))
    return WORDS.following_pages.format(pages=ranges(pages).replace("-", "–"), name=name_of(path))
