"""Small buttons inside HTML, which the page's script listens to. Pure."""

import html

from ui.render.icons import icon


def button(text: str, command: str, label: str = "", enabled: bool = True, shown: str = "") -> str:
    """A button whose command is words: what to do, at which index, and by how much or with what.

    `shown` names an icon that stands before the text.
    """
    named = f' aria-label="{html.escape(label)}" title="{html.escape(label)}"' if label else ""
    disabled = "" if enabled else " disabled"
    return (
        f'<button type="button" class="do" value="{html.escape(command)}"{named}{disabled}>'
        f"{icon(shown) if shown else ''}{html.escape(text)}</button>"
    )
