"""A block of code -> HTML with its language, coloured by Pygments as far as that is quick. Pure.

A lexer is a set of regular expressions, and of those for C, C++ and C# some look through all that follows at each sign
of a text that is made for it. So what is coloured is so up to a limit of time, and the rest is shown as it is.
"""

import html
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO

from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Text, _TokenType

from ui.texts import texts

LONGEST = 30_000  # characters of a block that is coloured; some 3 ms for each thousand
SPANS = 4_000  # of a block's colours
SECONDS = 0.3  # of the processor, for all the code of a message
LANGUAGES = {
    name: language
    for language, names in {
        "bash": "bash sh shell zsh console terminal", "c": "c h", "clojure": "clojure clj",
        "cpp": "cpp c++ cc hpp cxx", "csharp": "csharp c# cs", "css": "css", "dart": "dart", "diff": "diff patch",
        "docker": "dockerfile docker", "elixir": "elixir ex", "go": "go golang", "graphql": "graphql",
        "haskell": "haskell hs", "html": "html htm xhtml", "java": "java",
        "javascript": "javascript js jsx mjs cjs node", "json": "json jsonc json5", "julia": "julia jl",
        "kotlin": "kotlin kt kts", "lua": "lua", "make": "makefile make", "matlab": "matlab", "nginx": "nginx",
        "objective-c": "objective-c objc", "perl": "perl pl", "php": "php", "powershell": "powershell ps1 pwsh",
        "protobuf": "protobuf proto", "python": "python py python3", "pycon": "pycon", "r": "r", "ruby": "ruby rb",
        "rust": "rust rs", "scala": "scala", "scss": "scss sass less",
        "sql": "sql postgresql postgres mysql sqlite plsql", "swift": "swift", "terraform": "terraform hcl tf",
        "tex": "latex tex", "toml": "toml", "typescript": "typescript ts tsx", "xml": "xml svg xsl",
        "yaml": "yaml yml",
    }.items()
    for name in names.split()
}  # fmt: skip
_LONG_LINE = re.compile(r"[^\n]{1000}|\s{200}")  # at which a single expression may take minutes
_FORMAT: HtmlFormatter[str] = HtmlFormatter(nowrap=True)
_PAGE = re.compile(r"\s*(?:<!--.*?-->\s*)?<(!doctype\s+html|html|svg)\b", re.IGNORECASE)
_SVG = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?<svg\b", re.IGNORECASE)


@dataclass
class Clock:
    """What a message has left of its time."""

    seconds: float = SECONDS


def code_block(code: str, info: str, clock: Clock, is_growing: bool = False) -> str:
    """`info` is what stands behind the ticks. One that grows is not coloured yet, which would take ever longer."""
    info = info.strip()
    name = info.split()[0].lower() if info else ""
    language = LANGUAGES.get(name)
    is_coloured = not is_growing and len(code) <= LONGEST and not _LONG_LINE.search(code)
    shown = _coloured(code, language, clock) if language and is_coloured else html.escape(code, quote=False)
    preview = f'<button type="button" class="preview-code">{texts.answer.preview}</button>'
    return (
        f'<figure class="code" dir="ltr"><figcaption><span>{html.escape(info)}</span>'
        f"{preview if not is_growing and _is_page(name, code) else ''}"
        f'<button type="button" class="copy-code">{texts.answer.copy}</button></figcaption>'
        f'<pre tabindex="0"><code>{shown}</code></pre></figure>\n'
    )


def _is_page(name: str, code: str) -> bool:
    """Whether a browser can draw it by itself."""
    if name in ("html", "htm", "xhtml", "svg"):
        return "<" in code
    return bool(_SVG.match(code)) if name == "xml" else not name and bool(_PAGE.match(code))


def _coloured(code: str, language: str, clock: Clock) -> str:
    if clock.seconds <= 0:
        return html.escape(code, quote=False)
    shown, took = _lexed(code, language)
    clock.seconds -= took
    return shown


@lru_cache(maxsize=256)
def _lexed(code: str, language: str) -> tuple[str, float]:
    """The code in colours as far as they came in time, and what it took."""
    lexer, written = _lexer(language), StringIO()
    begun = time.thread_time()
    _FORMAT.format(_in_time(lexer.get_tokens(code), code, begun + SECONDS), written)
    shown = written.getvalue()
    return shown if shown.count("<") <= 2 * SPANS else html.escape(code, quote=False), time.thread_time() - begun


def _in_time(tokens: Iterable[tuple[_TokenType, str]], code: str, end: float) -> Iterator[tuple[_TokenType, str]]:
    read = 0
    for kind, value in tokens:
        yield kind, value
        read += len(value)
        if time.thread_time() > end:
            yield Text, code[read:]
            return


@lru_cache
def _lexer(language: str) -> Lexer:
    options = {"startinline": True} if language == "php" else {}
    return get_lexer_by_name(language, stripnl=False, **options)
