r"""markdown-it's rules for what is not in CommonMark: formulas, and a few harmless tags."""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from ui.render.formulas import can_be_drawn, formula_at

CLOSERS = {"": "", "$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
DISPLAY = ("", "$$", r"\[")  # on lines of their own; an environment has no signs around it
_BEGIN = re.compile(r"\\begin\{((?:align|alignat|aligned|equation|gather|gathered|multline|eqnarray)\*?)\}")
_SIGN = re.compile(r"\${1,2}|\\[(\[]")
_TAG = re.compile(r"<(/?)(sub|sup|kbd|mark|u|s|b|i|em|strong|small)>|<br ?/?>", re.IGNORECASE)


def use_signs(markdown: MarkdownIt) -> None:
    """Adds the rules."""
    markdown.inline.ruler.before("escape", "formula", _inline_formula)
    markdown.inline.ruler.before("autolink", "tag", _tag)
    markdown.block.ruler.before("fence", "formula", _formula, {"alt": ["paragraph", "reference", "blockquote", "list"]})


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
    opening = _line(state, start)
    begins = _BEGIN.match(opening)
    sign = "" if begins else opening[:2]
    closer = rf"\end{{{begins[1]}}}" if begins else CLOSERS[sign] if sign in DISPLAY else ""
    last = _last_line(state, start, end, closer, bool(begins) or len(opening.rstrip()) == 2) if closer else None
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


def _last_line(state: StateBlock, start: int, end: int, closer: str, is_alone: bool) -> int | None:
    """The line that ends with the closing sign. Blank lines come before it only where the opening one stands alone."""
    if closer in _line(state, start)[2:]:
        return start if _line(state, start)[2:].index(closer) == len(_line(state, start)) - 2 - len(closer) else None
    unclosed: dict[tuple[str, bool], int] = state.env.setdefault("unclosed", {})
    if start < unclosed.get((closer, is_alone), 0):
        return None
    for line in range(start + 1, end):
        text = _line(state, line)
        if closer in text:
            return line if text.index(closer) == len(text) - len(closer) else None
        if state.sCount[line] < state.blkIndent or not (text or is_alone):
            break
    else:
        line = end
    unclosed[closer, is_alone] = line
    return None


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()


def _tag(state: StateInline, silent: bool) -> bool:
    found = _TAG.match(state.src, state.pos)
    if not found:
        return False
    name = (found[2] or "br").lower()
    opened: list[str] = state.env.setdefault("tags", [])
    if found[1]:
        if not opened or opened[-1] != name:
            return False
    elif found[2] and not _closes(state, found.end(), name):
        return False
    if not silent:
        token = state.push("tag", name, 0)
        token.content = found[0].lower() if found[2] else "<br>"
        if found[1]:
            opened.pop()
        elif found[2]:
            opened.append(name)
    state.pos = found.end()
    return True


def _closes(state: StateInline, start: int, name: str) -> bool:
    """Whether the tag's closing one comes within this text. One search for each name, not for each tag."""
    ends: dict[tuple[int, str], int] = state.env.setdefault("ends", {})
    key = (id(state.tokens), name)
    if key not in ends:
        ends[key] = state.src.lower().rfind(f"</{name}>")
    return ends[key] >= start
