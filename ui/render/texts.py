"""Texts that are shown as they are, within HTML of ours. Pure."""

import html

LONGEST = 100_000  # characters


def shortened(text: str) -> str:
    """As much of a text as is shown of one that nobody reads to its end; it is kept and exported whole."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n[Cut here: it has {len(text):,} characters.]"


def plain(text: str) -> str:
    """A text as it was typed."""
    return f'<div class="typed" dir="auto">{html.escape(text, quote=False)}</div>'


def whole_characters(text: str) -> str:
    """The text without halves of characters, which JSON can hold: they could not be sent."""
    return text.encode(errors="replace").decode()
