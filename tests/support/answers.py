"""What is read of an answer's HTML."""

from html.parser import HTMLParser

from ui.render.answer.blocks import blocks

TAGS = {
    "p", "br", "a", "strong", "em", "s", "del", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "table", "thead",
    "tbody", "tr", "th", "td", "figure", "figcaption", "button", "div", "span", "sub", "sup", "kbd", "mark", "u", "b",
    "i", "small", "h1", "h2", "h3", "h4", "h5", "h6",
    "math", "mrow", "mi", "mn", "mo", "mtext", "msup", "msub", "mfrac", "mspace", "mtable", "mtr", "mtd", "msubsup",
    "msqrt", "mstyle", "mover", "munder", "munderover", "mroot", "ms", "mpadded", "mphantom", "menclose",
}  # fmt: skip
ATTRIBUTES = {
    "dir", "href", "target", "rel", "class", "type", "tabindex", "role", "aria-label", "style", "start", "title",
}  # fmt: skip


class Reader(HTMLParser):
    """What is read of a block, where no drawing is: formulas in double brackets, as they were written."""

    def __init__(self) -> None:
        super().__init__()
        self.read, self.tags, self.links = "", list[str](), list[str]()
        self.attributes = set[str]()
        self.within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        known = dict(attrs)
        if tag == "math" or self.within in ("math", "button"):
            self.within = self.within or "math"
            return
        self.attributes |= set(known)
        if tag == "button":
            self.within = "button"
        if tag == "br":
            self.read += "\n"
        if tag == "a":
            self.links.append(known.get("href") or "")
        if (known.get("class") or "").startswith("formula"):
            self.read += f"[[{(known.get('title') or '').strip()}]]"

    def handle_endtag(self, tag: str) -> None:
        if tag == self.within:
            self.within = ""

    def handle_data(self, data: str) -> None:
        if not self.within:
            self.read += data


def seen_of(shown: tuple[str, ...]) -> Reader:
    """What is read of these blocks."""
    reader = Reader()
    reader.feed("".join(shown))
    reader.close()
    return reader


def seen(text: str) -> Reader:
    """What is read of an answer with this text."""
    return seen_of(blocks(text))


def read(text: str) -> str:
    """The same as one text."""
    return seen(text).read.strip()
