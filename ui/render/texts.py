"""Texts that are shown as they are, within HTML of ours. Pure."""

import html
import re

from ui.texts import texts

LONGEST = 100_000  # characters
_UNSENDABLE = re.compile("[\ud800-\udfff]")
_BREAK = re.compile("\r\n?")


def sendable(text: str) -> str:
    """A text as it can be sent to a page: half a character, which is none in UTF-8, becomes a sign that says so."""
    if _UNSENDABLE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _BREAK.sub("\n", text).replace("\0", "\ufffd")


def shortened(text: str, most: int = LONGEST) -> str:
    """As much of a text as is shown of one that nobody reads to its end; it is kept and exported whole."""
    return text if len(text) <= most else f"{text[:most]}\n{texts.transcript.cut.format(length=f'{len(text):,}')}"


def plain(text: str) -> str:
    """A text as it was typed."""
    return typed(escaped(text))


def typed(shown: str) -> str:
    """HTML in which white space stands as it was typed."""
    return f'<div class="typed" dir="auto">{shown}</div>'


def escaped(text: str) -> str:
    """A text within HTML, where it is no attribute."""
    return html.escape(sendable(text), quote=False)


def unformatted(text: str, is_all: bool) -> str:
    """The same of an answer, or of one of its blocks: it says that it could be shown otherwise, and is when asked."""
    button = f'<button type="button" class="show-formatted">{texts.answer.show_formatted}</button>'
    kind = "unformatted whole" if is_all else "unformatted"
    return f'<div class="{kind}"><p>{texts.answer.unformatted} {button}</p>{plain(text)}</div>\n'
