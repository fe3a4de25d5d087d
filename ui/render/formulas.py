r"""What between signs of formulas is one, and what is money, a variable of a shell or a plain sentence.

A dollar opens a formula as in pandoc: something follows it at once, and the next dollar stands right behind something
and before no digit. What is written so is no formula yet where it reads like a price or like prose. In `$$…$$`, `\(…\)`
and `\[…\]` nearly everything is one.
"""

import re

LONGEST = 3_000  # characters that are drawn of one formula
CELLS = 300  # of its matrices
DEPTH = 20  # of its groups, within each other
_CELL = re.compile(r"&|\\\\|\\cr(?![a-zA-Z])")
# A macro that calls itself, or a long one again and again, may be drawn without end.
_DEFINES = re.compile(r"\\(?:[egx]?def|(?:re)?newcommand|providecommand|(?:future)?let|global|long)(?![a-zA-Z])")
_DEEPER = re.compile(
    r"(?P<open>\{|\\(?:left|begin)(?![a-zA-Z]))|(?P<close>\}|\\(?:right|end)(?![a-zA-Z]))|(?P<next>&|\\\\|\\cr(?![a-zA-Z]))"
    r"|(?P<rest>\\(?:color|(?:display|text|script|scriptscript)style|tiny|sixptsize|(?:script|footnote|normal)(?:size)?"
    r"|small|large|Large|LARGE|huge|Huge|rm|sf|tt|bf|it|cal)(?![a-zA-Z])"
    r"|\\(?:[cdt]?frac|[dt]?binom|math[a-z]+|text[a-z]*|operatorname|bold[a-z]*|bm|Bbb|frak)\s*+(?=\\))|\\[\s\S]"
)
_SIGNS = {
    "$": re.compile(r"\$((?:[^$\\]|\\[\s\S])++)\$(?!\$)"),
    "$$": re.compile(r"\$\$((?:[^$\\]|\\[\s\S]|\$(?!\$))++)\$\$(?!\$)"),
    r"\(": re.compile(r"\\\(((?:[^\\]|\\[^()])++)\\\)"),
    r"\[": re.compile(r"\\\[((?:[^\\]|\\[^\[\]])++)\\\]"),
}
_COMMAND = re.compile(r"\\(?![$*])")
_PROSE = re.compile(r'(?<![A-Za-z])[A-Za-z]{2,}+[,;]?\s++[A-Za-z]{2}|\*\*|["`€£¥₹]')
_NOT_FIRST, _NOT_LAST = " \t\n)],.;:!?", " \t\n(["
_AMOUNT = re.compile(r"[-+~(.]*\d")
_TERM = re.compile(r"[_^=+*/<>{}-]|\d[A-Za-z]")
_WORD = re.compile(r"[A-Za-z]{2}")
_SUFFIX = re.compile(r"(?:th|st|nd|rd|s|d)\b")


def formula_at(text: str, start: int, sign: str) -> tuple[int, str] | None:
    r"""Where the formula ends that this sign, `$`, `$$`, `\(` or `\[`, opens at `start`, and its content.

    None where the sign opens none, or none that is closed.
    """
    pattern = _SIGNS.get(sign)
    found = pattern.match(text, start) if pattern else None
    if not found or not can_be_drawn(content := found[1]):
        return None
    end = found.end()
    if sign == "$" and not _is_inline(content, text[max(0, start - 1) : start], text[end : end + 4]):
        return None
    return None if sign == "$$" and _is_prose(content) else (end, content)


def can_be_drawn(content: str) -> bool:
    """Whether the browser finds the end of this formula, and soon: something is in it, and no brace is left open."""
    if not _is_light(content):
        return False
    depth = 0
    for sign in re.findall(r"\\[\s\S]?|[{}]", content):
        if sign == "\\":
            return False
        depth += {"{": 1, "}": -1}.get(sign, 0)
    return depth <= 0 and bool(content.strip())


def _is_light(content: str) -> bool:
    """Whether the browser draws it in no time that one notices, and its page stays as flat as it can lay one out."""
    if len(content) > LONGEST or len(_CELL.findall(content)) > CELLS or _DEFINES.search(content):
        return False
    groups, depth = [0], 0  # how much deeper each open group became by what acts on all that is left of it
    for found in _DEEPER.finditer(content):
        if found["open"]:
            groups.append(0)
        elif found["close"] or found["next"]:
            depth -= groups[-1]
            groups[-1:] = [0] if found["next"] or len(groups) == 1 else []
        elif found["rest"]:
            depth += 1
            groups[-1] += 1
        if depth + len(groups) > DEPTH:
            return False
    return True


def _is_prose(content: str) -> bool:
    return not _COMMAND.search(content) and bool(_PROSE.search(content))


def _is_inline(content: str, before: str, after: str) -> bool:
    if content[0] in _NOT_FIRST or content[-1] in _NOT_LAST or after[:1].isdigit() or _is_prose(content):
        return False
    if _COMMAND.search(content) or content[0] in "_^":
        return True
    if after[:1].isascii() and after[:1].isalpha() and not _SUFFIX.match(after):
        return False  # $HOME/$USER, but the $n$th
    if _AMOUNT.match(content) or (before.isascii() and before.isalnum()):
        return bool(_TERM.search(content)) and not _WORD.search(content)
    return True
