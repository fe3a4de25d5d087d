"""Small buttons inside HTML, which the page's script listens to. Pure."""

import html


def button(text: str, command: str, label: str = "", enabled: bool = True) -> str:
    """A button whose command is words: what to do, at which index, and by how much or with what.

    The command is its value: the chat's sanitizer leaves that attribute, and none of data-*.
    """
    named = f' aria-label="{html.escape(label)}" title="{html.escape(label)}"' if label else ""
    disabled = "" if enabled else " disabled"
    return (
        f'<button type="button" class="do" value="{html.escape(command)}"{named}{disabled}>{html.escape(text)}</button>'
    )
