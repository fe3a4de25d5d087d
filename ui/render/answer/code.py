"""A block of code -> HTML with its language, coloured by Pygments where that is sure to be quick. Pure."""

import html
from functools import lru_cache

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

LONGEST = 16_000  # characters, which take some 50 ms
# What models write most, by Pygments' name; others stand uncoloured: each lexer is a set of regular expressions, and not
# all of them end in time that grows with a text's length (tests/ui/render/answer/test_code.py doubles it for these).
LANGUAGES = {
    name: language
    for language, names in {
        "bash": "bash sh shell zsh console", "c": "c h", "cpp": "cpp c++ cc hpp", "csharp": "csharp c# cs", "css": "css",
        "diff": "diff patch", "docker": "dockerfile docker", "go": "go golang", "html": "html", "ini": "ini toml conf",
        "java": "java", "javascript": "javascript js jsx mjs", "json": "json jsonc", "kotlin": "kotlin kt", "lua": "lua",
        "make": "makefile make", "php": "php", "powershell": "powershell ps1", "python": "python py python3",
        "r": "r", "ruby": "ruby rb", "rust": "rust rs", "scala": "scala", "sql": "sql postgresql mysql sqlite",
        "swift": "swift", "tex": "latex tex", "typescript": "typescript ts tsx", "xml": "xml svg", "yaml": "yaml yml",
    }.items()
    for name in names.split()
}  # fmt: skip
_FORMAT: HtmlFormatter[str] = HtmlFormatter(nowrap=True)


def code_block(code: str, language: str, is_growing: bool = False) -> str:
    """`language` is what stands behind the ticks. One that grows is not coloured yet, which would take ever longer."""
    name = language.split()[0][:40] if language.split() else ""
    known = LANGUAGES.get(name.lower())
    shown = (
        _coloured(code, known) if known and not is_growing and len(code) <= LONGEST else html.escape(code, quote=False)
    )
    return (
        f'<figure class="code"><figcaption><span>{html.escape(name)}</span>'
        f'<button type="button" class="copy-code">Copy</button></figcaption>'
        f'<pre tabindex="0"><code>{shown}</code></pre></figure>\n'
    )


@lru_cache(maxsize=256)
def _coloured(code: str, language: str) -> str:
    return highlight(code, _lexer(language), _FORMAT)


@lru_cache
def _lexer(language: str) -> Lexer:
    options = {"startinline": True} if language == "php" else {}
    return get_lexer_by_name(language, stripnl=False, **options)
