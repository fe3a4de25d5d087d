r"""markdown-it's rules for what is not in CommonMark: formulas, a few harmless tags, tasks and footnotes."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ui.render.formulas import can_be_drawn, formula_at

CLOSERS = {"": "", "$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
DISPLAY = ("", "$$", r"\[")  # on lines of their own; an environment has no signs around it
_BEGIN = re.compile(r"\\begin\{((?:align|alignat|aligned|equation|gather|gathered|multline|eqnarray)\*?)\}")
_SIGN = re.compile(r"\${1,2}|\\[(\[]")
DEEPEST = 20  # tags within each other
_NOTE = re.compile(r"\[\^([^\s\[\]]{1,40})\](:?)")
_DEFINED = re.compile(r"^[ >]{0,20}\[\^([^\s\[\]]{1,40})\]:", re.MULTILINE)
_TASK = re.compile(r"\[([ xX])\][ \t]+(?=\S)")
_TAG = re.compile(r"<(/?)(sub|sup|kbd|mark|u|s|b|i|em|strong|small)>|<br ?/?>", re.IGNORECASE)


def use_signs(markdown: MarkdownIt) -> None:
    """Adds the rules."""
    markdown.inline.ruler.before("escape", "formula", _inline_formula)
    markdown.inline.ruler.before("autolink", "tag", _tag)
    markdown.inline.ruler.before("link", "note", _note)
    markdown.block.ruler.before("fence", "formula", _formula, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    markdown.core.ruler.before("block", "notes", _notes)
    markdown.core.ruler.before("inline", "tasks", _tasks)
    markdown.core.ruler.after("inline", "paired", _paired)


def _inline_formula(state: StateInline, silent: bool) -> bool:
    sign = _SIGN.match(state.src, state.pos)
    if not sign:
        return False
    found = formula_at(state.src, state.pos, sign[0])
    if not found:
        if sign[0][0] == "$":  # a second dollar opens nothing that the first did not
            if not silent:
                state.pending += sign[0]
            state.pos = sign.end()
        return sign[0][0] == "$"
    if not silent:
        token = state.push("formula", "math", 0)
        token.content, token.markup = found[1], sign[0]
    state.pos = found[0]
    return True


def _formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    opening = line_of(state, start)
    begins = _BEGIN.match(opening)
    sign = "" if begins else opening[:2]
    closer = rf"\end{{{begins[1]}}}" if begins else CLOSERS[sign] if sign in DISPLAY else ""
    is_alone = bool(begins) or len(opening.rstrip()) == 2
    last = _lastline_of(state, start, end, (begins[0] if begins else sign, closer), is_alone) if closer else None
    if last is None:
        return False
    text = state.getLines(start, last + 1, state.tShift[start], False).strip()
    content = text if begins else text[2:-2]
    if len(text) < 5 or not can_be_drawn(content):
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content, token.markup, token.block, token.map = content, sign, True, [start, last + 1]
        state.line = last + 1
    return True


def _lastline_of(state: StateBlock, start: int, end: int, signs: tuple[str, str], is_alone: bool) -> int | None:
    """The line that ends with the closing one of these signs. Blank lines come before it only where the opening one
    stands alone. No other opening one comes before it: each would be looked for an end to that is far away.
    """
    opener, closer = signs
    if closer in line_of(state, start)[2:]:
        return (
            start if line_of(state, start)[2:].index(closer) == len(line_of(state, start)) - 2 - len(closer) else None
        )
    for line in range(start + 1, end):
        text = line_of(state, line)
        if closer in text:
            return line if text.index(closer) == len(text) - len(closer) else None
        if opener in text or state.sCount[line] < state.blkIndent or not (text or is_alone):
            return None
    return None


def line_of(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _tag(state: StateInline, silent: bool) -> bool:
    found = _TAG.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        token = state.push("tag", (found[2] or "br").lower(), 0)
        token.content, token.info = found[0], found[1] if found[2] else "alone"
    state.pos = found.end()
    return True


def _paired(state: StateCore) -> None:
    """What of a text's tags is not closed in it, was not opened in it, or stands too deep, is text."""
    for token in state.tokens:
        opened = list[Token]()
        for tag in [child for child in token.children or () if child.type == "tag" and child.info != "alone"]:
            is_end = tag.info == "/"
            if is_end and opened and opened[-1].tag == tag.tag:
                opened.pop()
            elif is_end or len(opened) == DEEPEST:
                tag.type = "text"
            else:
                opened.append(tag)
        for tag in opened:
            tag.type = "text"


def _note(state: StateInline, silent: bool) -> bool:
    """`[^1]`, where something stands in the text for it: at a line's beginning, and with a colon behind."""
    found = _NOTE.match(state.src, state.pos)
    if not found or found[1] not in state.env["notes"]:
        return False
    is_defined = found[2] and (state.pos == 0 or state.src[state.pos - 1] == "\n")
    if not silent:
        state.push("note", "sup", 0).content = found[1]
    state.pos = found.end(2) if is_defined else found.start(2)
    return True


def _notes(state: StateCore) -> None:
    state.env["notes"] = set(_DEFINED.findall(state.src))


def _tasks(state: StateCore) -> None:
    """`- [x] this`: the item says whether it is done."""
    for item, _, text in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        found = _TASK.match(text.content) if item.type == "list_item_open" and text.type == "inline" else None
        if found:
            text.content = text.content[found.end() :]
            item.attrSet("class", "task")
            item.meta["done"] = found[1] != " "
