"""The page's texts, which all stand in assets/page/texts.js: `texts.composer.add` is what its section "composer" has
under "add". What a text has in braces is filled in by `str.format`.

What rooms find wrong that know nothing of the page is told in their own words, see backend/chat/errors.py.
"""

import json
from pathlib import Path

FILE = Path(__file__).parent.parent / "assets/page/texts.js"


class Section:
    """The texts of one part of the page, by name."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def __getattr__(self, name: str) -> str:
        try:
            return self._texts[name]
        except KeyError:
            raise AttributeError(f"{FILE.name} has no text of this name: {name}") from None


class Texts:
    """All sections, by name."""

    def __init__(self, source: str) -> None:
        body = source[source.index("export default ") + len("export default ") :].rstrip().removesuffix(";")
        self._sections = {name: Section(texts) for name, texts in json.loads(body).items()}

    def __getattr__(self, name: str) -> Section:
        try:
            return self._sections[name]
        except KeyError:
            raise AttributeError(f"{FILE.name} has no section of this name: {name}") from None


texts = Texts(FILE.read_text("utf-8"))
