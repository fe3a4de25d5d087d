"""Markdown, as it is read here -> tokens -> HTML. All HTML in it is text but for a few harmless tags. Pure."""

import html
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from ui.render.answer.code import code_block
from ui.render.answer.links import use_links
from ui.render.answer.mathml import mathml
from ui.render.answer.signs import CLOSERS, DISPLAY, use_signs
from ui.render.answer.tables import use_tables
from ui.texts import texts

FORMULAS = 12_000  # characters of them that are drawn in a message
DEEPEST = 30  # lists and quotes within each other: what stands deeper would be left out
DIRECTED = ("paragraph_open", "heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open")


class _Renderer(RendererHTML):
    """Our HTML of what CommonMark's would be unsafe, or unhandy, for."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return code_block(tokens[idx].content, tokens[idx].info, env["clock"], env["growing"])

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return code_block(tokens[idx].content, "", env["clock"], env["growing"])

    def formula(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        token = tokens[idx]
        env["drawn"] += len(token.content)
        is_display = token.markup in DISPLAY
        drawn = mathml(token.content, is_display) if env["drawn"] <= FORMULAS else None
        if drawn is None:
            return f"<code>{html.escape(token.markup + token.content + CLOSERS[token.markup])}</code>"
        source = html.escape(token.content)
        # One by itself scrolls where it is too wide, also by keys.
        kind = 'formula display" tabindex="0' if is_display else "formula"
        return f'<span class="{kind}" title="{source}">{drawn}</span>'

    def tag(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return f"<{'/' if tokens[idx].info == '/' else ''}{tokens[idx].tag}>"

    def note(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return f'<sup class="footnote">{html.escape(tokens[idx].content)}</sup>'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        """A link, since a picture would tell its host who reads this."""
        token = tokens[idx]
        name = html.escape(token.content)
        shown = f"[{texts.answer.image}: {name}]" if name else f"[{texts.answer.image}]"
        address = html.escape(str(token.attrs.get("src", "")))
        return shown if token.meta.get("linked") else f'<a href="{address}"{_ELSEWHERE}>{shown}</a>'

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return f"{self.renderToken(tokens, idx, options, env)[:-1]}{_ELSEWHERE}>"

    def list_item_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        is_done = tokens[idx].meta.get("done")
        sign, label = ("☑", texts.answer.done) if is_done else ("☐", texts.answer.todo)
        box = (
            "" if is_done is None else f'<span class="box" role="img" aria-label="{html.escape(label)}">{sign}</span> '
        )
        return self.renderToken(tokens, idx, options, env) + box

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        copy = f'<button type="button" class="copy-table">{texts.answer.copy_table}</button>'
        scrolled = f'<div tabindex="0" role="group" aria-label="{texts.answer.table}">'
        return f'<figure class="table">{copy}{scrolled}<table dir="auto">\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Any) -> str:
        return "</table></div></figure>\n"


_ELSEWHERE = ' target="_blank" rel="noopener noreferrer nofollow"'


def _directed(state: StateCore) -> None:
    """A block is read from the side that its first letter says, and what stands in it too."""
    for token in state.tokens:
        if token.level == 0 and token.type in DIRECTED:
            token.attrSet("dir", "auto")


def _linked(state: StateCore) -> None:
    """A picture within a link needs none of its own."""
    for token in state.tokens:
        depth = 0
        for child in token.children or ():
            depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
            if child.type == "image" and depth:
                child.meta["linked"] = True


def _made() -> MarkdownIt:
    options = {"html": False, "breaks": True, "maxNesting": DEEPEST, "inline_definitions": True, "store_labels": True}
    markdown = MarkdownIt("commonmark", options, renderer_cls=_Renderer).enable(["table", "strikethrough"])
    use_signs(markdown)
    use_links(markdown)
    use_tables(markdown)
    markdown.core.ruler.push("directed", _directed)
    markdown.core.ruler.push("linked", _linked)
    return markdown


MARKDOWN = _made()
