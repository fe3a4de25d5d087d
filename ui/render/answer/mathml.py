"""A formula in LaTeX -> MathML, which browsers draw by themselves. Pure.

latex2mathml's own text is not to be trusted: it writes `\\text{<b>}` as a tag. So its elements are written here, each
of a known name, with attributes that say no more than how a formula looks.
"""

import html
import re
from functools import lru_cache
from xml.etree.ElementTree import Element

from latex2mathml import exceptions
from latex2mathml.converter import convert_to_element

LONGEST = 1_000  # characters, which take some 60 ms
ELEMENTS = {
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd", "mlabeledtr", "mstyle",
    "mpadded", "mphantom", "menclose", "merror",
}  # fmt: skip
ATTRIBUTES = {
    "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "depth", "display", "displaystyle",
    "fence", "form", "height", "linethickness", "lspace", "mathcolor", "mathsize", "mathvariant", "maxsize",
    "minsize", "movablelimits", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel", "separator",
    "stretchy", "symmetric", "voffset", "width",
}  # fmt: skip
# Words, and lengths of at most two digits: a space may not be as wide as a thousand pages.
_VALUE = re.compile(
    r"(?:[a-z-]{1,20}|#[\da-fA-F]{3,6}|[-+]?\d{0,2}(?:\.\d{1,4})?(?:em|ex|pt|px|mu|%)?)(?: (?=.)|$)", re.ASCII
)
# The library has no one error for what it cannot read.
_FAULTS: tuple[type[Exception], ...] = (
    *(fault for fault in vars(exceptions).values() if isinstance(fault, type) and issubclass(fault, Exception)),
    *(IndexError, KeyError, ValueError, AttributeError, RecursionError),
)
_ENVIRONMENT = re.compile(r"\\(begin|end)\{(align|alignat|equation|gather|multline|eqnarray)\}")
_ESCAPED = re.compile(r"\\([_%$&#{}])")


@lru_cache(maxsize=2048)
def mathml(latex: str, is_display: bool) -> str | None:
    """The formula as HTML; None where it cannot be drawn as it was meant."""
    if len(latex) > LONGEST:
        return None
    unnumbered = _ENVIRONMENT.sub(r"\\\1{\2*}", latex)  # each formula would begin at 1
    try:
        made = convert_to_element(unnumbered, display="block" if is_display else "inline")
    except _FAULTS:
        return None
    is_known = not any(part.text and part.text.startswith("\\") for part in made.iter() if part.tag != "mtext")
    return "".join(_written(made)) if is_known else None


def _written(element: Element) -> list[str]:
    name = element.tag if element.tag in ELEMENTS else "mrow"
    attributes = "".join(
        f' {key}="{html.escape(value)}"' for key, value in element.items() if key in ATTRIBUTES and _is_short(value)
    )
    text = _ESCAPED.sub(r"\1", element.text or "") if name == "mtext" else element.text
    parts = [f"<{name}{attributes}>", _text(text)]
    before = None
    for child in element:
        if name in ("math", "mrow", "mtd", "mstyle") and before is not None and _are_apart(before, child):
            parts.append('<mspace width="0.167em"></mspace>')
        parts += [*_written(child), _text(child.tail)]
        before = child
    return [*parts, f"</{name}>"]


def _are_apart(one: Element, other: Element) -> bool:
    """Whether a space belongs between them, as around the log of n log n, which browsers leave out."""
    return "mo" not in (one.tag, other.tag) and (_is_function(one) or _is_function(other))


def _is_function(element: Element) -> bool:
    first = element[0] if element.tag in ("msub", "msup", "msubsup", "munder") and len(element) else element
    return first.tag in ("mi", "mo") and (first.text or "").isalpha() and len(first.text or "") > 1


def _is_short(value: str) -> bool:
    return len(value) <= 60 and _VALUE.sub("", value) == ""


def _text(text: str | None) -> str:
    """The library gives characters as entities."""
    return html.escape(html.unescape(text or ""), quote=False)
