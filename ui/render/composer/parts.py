"""What several kinds of files have in the strip. Pure."""

from ui.components.options import DETAILS
from ui.render.icons import icon
from ui.texts import texts


def badge(number: int, tabindex: int = 0) -> str:
    """The number of an image in its message: pressed, it stands in the text, where the image is to be seen."""
    told = texts.documents.insert.format(number=number)
    return (
        f'<button type="button" class="badge" data-act="mark" data-number="{number}" aria-label="{told}" '
        f'title="{told}" tabindex="{tabindex}">{number}</button>'
    )


def size_buttons(name: int, chosen: int) -> str:
    """At which size a file's pictures are sent."""
    return "".join(_size(text, f"detail {name} {edge}", edge == chosen) for text, edge in DETAILS)


def _size(text: str, command: str, is_chosen: bool) -> str:
    chosen = str(is_chosen).lower()
    return f'<button type="button" class="do" value="{command}" aria-pressed="{chosen}">{icon("check")}{text}</button>'
