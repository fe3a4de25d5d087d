"""Markdown that anyone wrote, such that nothing that it leaves open swallows what comes after it.

What can be left open is a fence, a block of HTML that blank lines do not end (`<script>`, `<!--`, …), an HTML tag, and
an element (`<details>`). Each is closed behind the text, whose own look stays as it is.
"""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_TEXT = 100_000  # characters of a text that is read; a longer one may better be shown as code
MAX_OPEN = 100  # elements within each other
MAX_PARAGRAPH = 2_000  # characters in which tags are told from code: that may take time that grows with their square
_MAY_STAY_OPEN = re.compile(r"```|~~~|<")
_RAW = re.compile(r"\s*<(script|pre|style|textarea)\b", re.IGNORECASE)
_HTML_ENDS = (("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"), ("<!", ">"))
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_RAW_ELEMENTS = {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"}
_ENDS_BY_ITSELF = _VOID | {"p", "html", "head", "body"}
_NAME = re.compile(r"[a-z][a-z0-9-]*")
_END_OF_COMMENT = "<!-- -->"
_PROBE = "# probe"


def may_stay_open(text: str) -> bool:
    """Whether anything is in it that could be left open."""
    return bool(_MAY_STAY_OPEN.search(text))


def closed(text: str) -> str:
    """The text, with an end to whatever it leaves open."""
    if not may_stay_open(text):
        return text
    tokens = _blocks().parse(text)
    if tokens and _swallows(text):
        text = _on_a_new_line(text, _end_of(tokens[-1]))
        tokens = _blocks().parse(text)
    elements = _Elements()
    elements.read(tokens)
    if tokens[-1:] and tokens[-1].type == "html_block" and (end := elements.end_of_tag()):
        text = _on_a_new_line(text, end)
    closers = elements.closers
    return f"{text.rstrip()}\n\n{closers}" if closers else text


@cache
def _blocks() -> MarkdownIt:
    """Reads blocks only: what is within a paragraph takes longer, and is looked at where it holds a tag."""
    parser = MarkdownIt("commonmark")
    parser.core.ruler.disable(["inline", "text_join"])
    return parser


@cache
def _inline() -> MarkdownIt:
    return MarkdownIt("commonmark")


def _swallows(text: str) -> bool:
    """Whether a heading after it would be no heading."""
    after = _blocks().parse(f"{text}\n\n{_PROBE}")
    return not (len(after) > 2 and after[-3].type == "heading_open" and after[-2].content == "probe")


def _on_a_new_line(text: str, end: str) -> str:
    return f"{text}{'' if text.endswith(chr(10)) else chr(10)}{end}"


def _end_of(block: Token) -> str:
    """What ends a block of code or of HTML that no blank line ends."""
    if block.type == "fence":
        return block.markup
    if raw := _RAW.match(block.content):
        return f"</{raw[1]}>"
    start = block.content.lstrip()
    return next((end for opening, end in _HTML_ENDS if start.startswith(opening)), "")


def _html_of(token: Token) -> Iterator[str]:
    yield token.content if token.type == "html_block" else "<hr>"
    if token.type == "inline" and "<" in token.content and len(token.content) <= MAX_PARAGRAPH:
        for inner in _inline().parseInline(token.content)[0].children or ():
            if inner.type == "html_inline":
                yield inner.content


class _Elements(HTMLParser):
    """The elements that are open at the end of a text."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    def read(self, tokens: list[Token]) -> None:
        """Reads what becomes HTML as it is written; a block of any other kind ends a tag, as its own would."""
        self.feed("".join(piece for token in tokens for piece in _html_of(token)))  # at once: it begins anew each time

    def end_of_tag(self) -> str:
        """Reads and gives what ends the tag in whose middle the text ends; empty where it does not."""
        if not self.rawdata.startswith("<") or self.cdata_elem:
            return ""
        for end in (">", '">', "'>"):
            trial = _Elements()
            trial.feed(self.rawdata + end)
            if not trial.rawdata:
                self.feed(end)
                return end
        return ""

    @property
    def closers(self) -> str:
        """The end tags that are due, a line each: a line that has one alone is HTML for every reader of Markdown."""
        comment = (
            [_END_OF_COMMENT] if self.rawdata.startswith("<!--") else []
        )  # begun in a list, for whose reader it ended
        return "\n".join([*comment, *(f"</{name}>" for name in reversed(self._open) if _NAME.fullmatch(name))])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        if tag not in _ENDS_BY_ITSELF and len(self._open) < MAX_OPEN:
            self._open.append(tag)
        if tag in _RAW_ELEMENTS:
            self.set_cdata_mode(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser; browsers pass over the stroke."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """See HTMLParser."""
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]
