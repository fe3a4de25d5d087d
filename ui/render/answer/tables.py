"""markdown-it's rule for tables, of which nothing is lost: by itself it leaves out the cells that a row has beyond its
table's, parts formulas and code at a `|`, and makes many cells of few signs.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from ui.render.answer.signs import line_of
from ui.render.formulas import formula_at

CELLS = 20_000  # of a message; what is a table beyond them is read as it was written
_BAR = "\ufdd0"  # stands for a `|` in a formula meanwhile; no text has this sign, which is none
_SIGN = re.compile(r"\\\(|\$")
_RULE = re.compile(r"[-:|][-:| \t]*")


def use_tables(markdown: MarkdownIt) -> None:
    """Replaces the rule."""
    markdown.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    markdown.core.ruler.before("block", "hide bars", _hide_bars)
    markdown.core.ruler.after("block", "show bars", _show_bars)


def _hide_bars(state: StateCore) -> None:
    state.env["source"] = state.src
    if _BAR not in state.src and "|" in state.src:
        state.src = "\n".join(_hidden(line) if "|" in line else line for line in state.src.split("\n"))


def _hidden(line: str) -> str:
    """A line whose formulas have no `|`."""
    parts, end = list[str](), 0
    for sign in _SIGN.finditer(line):
        if sign.start() >= end and (found := formula_at(line, sign.start(), sign[0])):
            parts += line[end : sign.start()], line[sign.start() : found[0]].replace("|", _BAR)
            end = found[0]
    return "".join(parts) + line[end:]


def _show_bars(state: StateCore) -> None:
    if state.src == state.env["source"]:
        return
    state.src = state.env["source"]
    for token in state.tokens:
        token.content, token.info = token.content.replace(_BAR, "|"), token.info.replace(_BAR, "|")


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if start + 1 >= end or not _RULE.fullmatch(rule := line_of(state, start + 1)):
        return False
    cells = (rule.count("|") + 1) * (_run_end(state, start) - start)
    left, first = state.env.setdefault("cells", CELLS), len(state.tokens)
    if cells > left or not table(state, start, end, silent):
        return False
    if not silent:
        state.env["cells"] = left - cells
        state.tokens[first:] = _completed(state, state.tokens[first:])
    return True


def _run_end(state: StateBlock, start: int) -> int:
    """The first blank line from here on. One search for each run of lines."""
    begin, end = state.env.get("run", (0, 0))
    if not begin <= start < end:
        end = next((line for line in range(start, state.lineMax) if not line_of(state, line)), state.lineMax)
        state.env["run"] = (start, end)
    return int(end)


def _completed(state: StateBlock, tokens: list[Token]) -> list[Token]:
    """A table's tokens, with all the cells of each row."""
    made, width, row = list[Token](), sum(token.type == "th_open" for token in tokens), list[str]()
    column, is_over = 0, False
    for token in tokens:
        if token.type == "tr_open" and token.map:
            row, column = _cells(line_of(state, token.map[0])), 0
            is_over = len(row) > width
            row = _with_code(row) if is_over else row
        elif token.type == "inline" and is_over:
            token.content = row[column].strip() if column < len(row) else ""
            column += 1
        elif token.type == "tr_close" and is_over:
            for cell in row[width:]:
                made += _cell(cell.strip(), token)
        made.append(token)
    return made


def _cells(line: str) -> list[str]:
    cells = escapedSplit(line.strip())
    if cells and not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    return cells


def _with_code(cells: list[str]) -> list[str]:
    """What one of them opens with a tick, and another closes, is one."""
    made, opened = list[str](), ""
    for cell in cells:
        is_odd = cell.count("`") % 2 == 1
        if opened:
            opened += f"|{cell}"
            if is_odd:
                made.append(opened)
                opened = ""
        elif is_odd:
            opened = cell
        else:
            made.append(cell)
    return cells if opened else made


def _cell(text: str, row_end: Token) -> list[Token]:
    inner = row_end.level + 1
    return [
        Token("td_open", "td", 1, level=inner, block=True),
        Token("inline", "", 0, level=inner + 1, content=text, children=[], block=True),
        Token("td_close", "td", -1, level=inner, block=True),
    ]
