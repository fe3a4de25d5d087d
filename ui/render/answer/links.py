"""markdown-it's rules for links: which addresses are any, which bare ones become some, and what defines others.

Only what leads to the web or to a mail is a link: one within this app would act in the reader's name.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.helpers import parseLinkLabel
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.reference import reference
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ui.render.answer.signs import line_of

_ALLOWED = re.compile(r"https?://[^\s/]|mailto:\S", re.IGNORECASE)
_DEFINES = re.compile(r"\[(?!\^)[^\[\]]{1,200}\]:[ \t]*<?(?:https?://|mailto:)", re.IGNORECASE)
_LOCAL = re.compile(r"[A-Za-z0-9.+_-]{1,64}\Z")
_SIGN = r"""[^\s<>"`|“”‘’…\u3000-\u303f\uff00-\uffef]"""
LONGEST = 2_000  # A longer one is text: each of its last characters may be a sentence's.
_RUN = re.compile(f"{_SIGN}+")
_BARE = re.compile(
    rf"(?:https?://|www\.(?=[\w-]+\.)){_SIGN}{{1,{LONGEST}}}+(?!{_SIGN})"
    r"|(?P<mail>[A-Za-z0-9.+_-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9@_-]))",
    re.IGNORECASE,
)
_OPENS, _NOWHERE = re.compile(r"!?\["), re.compile(r"\]\(\s*\)")
_PAIRS = {")": "(", "]": "["}


def use_links(markdown: MarkdownIt) -> None:
    """Adds the rules."""
    markdown.validateLink = lambda url: bool(_ALLOWED.match(url))  # type: ignore[method-assign]
    markdown.inline.add_terminator_char("w")
    markdown.inline.ruler.before("link", "nowhere", _nowhere)
    markdown.inline.ruler.push("bare", _bare)
    markdown.block.ruler.at("reference", _definition)
    markdown.core.ruler.after("inline", "definitions", _definitions)


def _nowhere(state: StateInline, silent: bool) -> bool:
    """A call as `calls[name]()` reads like a link that leads nowhere, which would open this app: it is text."""
    sign = _OPENS.match(state.src, state.pos)
    if not sign or not _has_nowhere(state):
        return False
    end = parseLinkLabel(state, sign.end() - 1, sign[0] == "[")
    if end < 0 or not _NOWHERE.match(state.src, end):
        return False
    if not silent:
        state.pending += sign[0]
    state.pos = sign.end()
    return True


def _has_nowhere(state: StateInline) -> bool:
    """Whether one may come from here on. One search for each text."""
    text, last = state.env.get("nowhere", ("", -1))
    if text is not state.src:
        last = max((found.start() for found in _NOWHERE.finditer(state.src)), default=-1)
        state.env["nowhere"] = (state.src, last)
    return bool(last >= state.pos)


def _bare(state: StateInline, silent: bool) -> bool:
    """Tried at `:`, `w` and `@`: what stands before the first and the last is taken back from the text."""
    start = -1 if silent or state.linkLevel else _start(state.src, state.pos)
    if start < 0 or (start and state.src[start - 1].isascii() and state.src[start - 1].isalnum()):
        return False
    is_mail = state.src[state.pos] == "@"
    found = _BARE.match(state.src, start, state.posMax) if is_mail or not _is_too_long(state, start) else None
    before = state.pos - start
    if not found or not state.pending.endswith(state.src[start : state.pos]):
        return False
    shown = found[0] if found["mail"] else _trimmed(found[0])
    prefix = "mailto:" if found["mail"] else "http://" if shown[0] in "wW" else ""
    if len(shown) <= before or not state.md.validateLink(prefix + shown):
        return False
    if before:
        state.pending = state.pending[:-before]
    opened = state.push("link_open", "a", 1)
    opened.attrs = {"href": state.md.normalizeLink(prefix + shown)}
    state.push("text", "", 0).content = shown
    state.push("link_close", "a", -1)
    state.pos = start + len(shown)
    return True


def _start(text: str, at: int) -> int:
    """Where an address begins that has this sign; -1 where none does."""
    if text[at] == "w":
        return at if text.startswith("www.", at) else -1
    if text[at] == ":":
        return next((at - len(name) for name in ("https", "http") if text.startswith(name, max(0, at - len(name)))), -1)
    found = _LOCAL.search(text, max(0, at - 64), at) if text[at] == "@" else None
    return found.start() if found else -1


def _is_too_long(state: StateInline, start: int) -> bool:
    """Whether it goes on for longer than any. One search for each run of such signs, in which many may begin."""
    text, end = state.env.get("run of signs", ("", 0))
    if text is not state.src or start >= end:
        run = _RUN.match(state.src, start)
        end = run.end() if run else start
        state.env["run of signs"] = (state.src, end)
    return bool(end - start > LONGEST + len("https://"))


def _trimmed(address: str) -> str:
    """Without what belongs to the sentence: signs that end one, and brackets that were opened before it."""
    end, alone = len(address), {last: address.count(last) - address.count(first) for last, first in _PAIRS.items()}
    while end:
        sign = address[end - 1]
        if alone.get(sign, 0) > 0:
            alone[sign] -= 1
        elif sign not in "?!.,:;*_~'":
            break
        end -= 1
    return address[:end]


def _definition(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`[a]: https://…`. What else is written so is a text: "[Ada]: Yes" would vanish."""
    return bool(_DEFINES.match(line_of(state, start))) and reference(state, start, end, silent)


def _definitions(state: StateCore) -> None:
    """One that no link has used is shown, as a list of sources is."""
    if "references" not in state.env:
        return
    linked = (child for token in state.tokens for child in token.children or () if child.tag in ("a", "img"))
    used = {child.meta.get("label") for child in linked}
    lines, shown = state.src.split("\n"), list[Token]()
    for token in state.tokens:
        if token.type != "definition":
            shown.append(token)
        elif token.meta["id"] not in used and token.map:
            source = "\n".join(lines[slice(*token.map)])
            shown += _paragraph(state, token, source[source.index("[") :])
    state.tokens = shown


def _paragraph(state: StateCore, token: Token, source: str) -> list[Token]:
    label, _, rest = source.partition("]:")
    children = [Token("text", "", 0, content=f"{label}]:")]
    state.md.inline.parse(rest, state.md, state.env, children)
    level, lines = token.level, token.map
    return [
        Token("paragraph_open", "p", 1, map=lines, level=level, block=True),
        Token("inline", "", 0, map=lines, level=level + 1, children=children, content=source, block=True),
        Token("paragraph_close", "p", -1, level=level, block=True),
    ]
