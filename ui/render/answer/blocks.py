"""A model's text, which is Markdown, as HTML: block by block, so that what does not change need not be made, sent or
drawn again. Pure.

All HTML in it is text but for a few harmless tags; pictures of other hosts are links, since they would tell those hosts
who reads this.
"""

import html
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin

from ui.render.answer.code import code_block
from ui.render.answer.mathml import mathml
from ui.render.answer.signs import CLOSERS, DISPLAY, use_signs
from ui.render.texts import LONGEST, plain

ELEMENTS = 30_000  # of a message, which a browser draws in a second
FORMULAS = 12_000  # characters of them that are drawn in a message


def blocks(text: str) -> tuple[str, ...]:
    """The text as blocks of HTML. One that is longer than any that people read as Markdown is shown as it is."""
    return _remembered(text) if len(text) < 20_000 else _blocks(text)


def _blocks(text: str) -> tuple[str, ...]:
    if len(text) > LONGEST:
        return (plain(text),)
    shown = tuple(block for _, block in _rendered(text, False))
    return shown if sum(block.count("<") for block in shown) <= ELEMENTS else (plain(text),)


_remembered = lru_cache(maxsize=512)(_blocks)


class GrowingText:
    """The blocks of an answer that is being written: at each update only those at its end are made."""

    def __init__(self) -> None:
        self._settled = ""  # the text of the blocks that do not change any more
        self._blocks: list[str] = []

    def blocks(self, text: str) -> tuple[str, ...]:
        """See `blocks`; what the text begins with is to be what it was the last time."""
        if len(text) > LONGEST:
            return (plain(text),)
        if not text.startswith(self._settled):
            self._settled, self._blocks = "", []
        rest = text[len(self._settled) :]
        made = list(_rendered(rest, True))
        lines = rest.split("\n")
        if len(made) > 2:  # the last but one may go on yet: a line may make a list's item of what follows a blank one
            end = made[-2][0]
            self._settled += "\n".join(lines[:end]) + "\n"
            self._blocks += [block for _, block in made[:-2]]
        return (*self._blocks, *(block for _, block in made[-2 if len(made) > 2 else 0 :]))


def _rendered(text: str, is_growing: bool) -> Iterator[tuple[int, str]]:
    """The line at which each block begins, and its HTML."""
    env: dict[str, Any] = {"drawn": 0}
    groups = list(_groups(_MARKDOWN.parse(text, env)))
    for number, group in enumerate(groups):
        env["growing"] = is_growing and number == len(groups) - 1
        line = group[0].map[0] if group[0].map else 0
        yield line, _MARKDOWN.renderer.render(group, _MARKDOWN.options, env)


def _groups(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """The tokens of each block that stands in no other."""
    group = list[Token]()
    for token in tokens:
        group.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield group
            group = []


class _Renderer(RendererHTML):
    """Our HTML of what CommonMark's would be unsafe, or unhandy, for."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return code_block(tokens[idx].content, tokens[idx].info, env["growing"])

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return code_block(tokens[idx].content, "", env["growing"])

    def formula(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        token = tokens[idx]
        env["drawn"] += len(token.content)
        is_display = token.markup in DISPLAY
        drawn = mathml(token.content, is_display) if env["drawn"] <= FORMULAS else None
        if drawn is None:
            return f"<code>{html.escape(token.markup + token.content + CLOSERS[token.markup])}</code>"
        source = html.escape(token.content)
        return f'<span class="formula{" display" if is_display else ""}" title="{source}">{drawn}</span>'

    def tag(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return tokens[idx].content

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        token = tokens[idx]
        name = html.escape(self.renderInlineAsText(token.children, options, env) or "image")
        opened = sum({"link_open": 1, "link_close": -1}.get(other.type, 0) for other in tokens[:idx])
        address = str(token.attrs.get("src", ""))
        shown = f"[image: {name}]"
        return shown if opened else f'<a href="{html.escape(address)}"{_ELSEWHERE}>{shown}</a>'

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        tokens[idx].attrs |= {"target": "_blank", "rel": "noopener noreferrer nofollow"}
        return self.renderToken(tokens, idx, options, env)

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        copy = '<button type="button" class="copy-table">Copy as CSV</button>'
        return f'<figure class="table">{copy}<div tabindex="0" role="region" aria-label="Table"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return "</table></div></figure>\n"


_ELSEWHERE = ' target="_blank" rel="noopener noreferrer nofollow"'
DIRECTED = ("paragraph_open", "heading_open", "list_item_open", "blockquote_open", "th_open", "td_open")


BOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


def _directed(state: StateCore) -> None:
    """A text is read from the side that its letters say."""
    for token in state.tokens:
        if token.type in DIRECTED:
            token.attrSet("dir", "auto")


def _boxed(state: StateCore) -> None:
    """What a list of tasks says is done."""
    for item, _, text in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and text.type == "inline" and (box := BOXES.get(text.content[:4])):
            text.content = box + text.content[4:]


def _made() -> MarkdownIt:
    options = {"html": False, "breaks": True, "maxNesting": 20}
    markdown = MarkdownIt("commonmark", options, renderer_cls=_Renderer).enable(["table", "strikethrough"])
    gfm_autolink_plugin(markdown)
    use_signs(markdown)
    markdown.core.ruler.push("directed", _directed)
    markdown.core.ruler.before("inline", "boxed", _boxed)
    return markdown


_MARKDOWN = _made()
