"""What a docstring says of a function, and of each of its parameters. Pure.

It reads the forms that are in use: Google's `Args:`, NumPy's `Parameters` underlined, and Sphinx's `:param name:`.
"""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_PARAMETERS = ("args", "arguments", "parameters", "params")
_SECTION = re.compile(r"(Args|Arguments|Parameters|Params|Returns?|Raises|Yields?|Examples?|Notes?|See Also):?\s*")
_UNDERLINE = re.compile(r"-{3,}\s*")
_FIELD = re.compile(r":(\w+)\b([^:]*):\s*(.*)")
_ARGUMENT = re.compile(r"\*{0,2}(\w+)\s*(?:\((?:[^()]|\([^()]*\))*\))?\s*:\s*(.*)")  # name (its type): what it is


@dataclass(frozen=True)
class Docstring:
    """`text` is what stands before the first section, `parameters` what is said of each by its name."""

    text: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def read(text: str | None) -> Docstring:
    """A docstring as it is found at a function."""
    lines = inspect.cleandoc(text or "").splitlines()
    end = next((at for at in range(len(lines)) if _begins_section(lines, at)), len(lines))
    pieces: dict[str, list[str]] = {}
    for name, piece in _parameters(lines, end):
        pieces.setdefault(name, []).append(piece.strip())
    told = {name: " ".join(filter(None, words)) for name, words in pieces.items()}
    return Docstring("\n".join(lines[:end]).strip(), told)


def _begins_section(lines: list[str], at: int) -> bool:
    is_headed = _SECTION.fullmatch(lines[at]) and (lines[at].rstrip().endswith(":") or _is_underlined(lines, at))
    return bool(is_headed or _FIELD.match(lines[at]))


def _is_underlined(lines: list[str], at: int) -> bool:
    return at + 1 < len(lines) and _UNDERLINE.fullmatch(lines[at + 1]) is not None


def _parameters(lines: list[str], start: int) -> Iterator[tuple[str, str]]:
    """A parameter's name with each line of what is said of it."""
    section, name, indent = "", "", 0
    for at in range(start, len(lines)):
        line = lines[at]
        if _begins_section(lines, at):
            found = _FIELD.match(line)
            is_parameter = found and found[1] in ("param", "parameter", "arg", "argument")
            named = found[2].split() if found and is_parameter else []
            section = "field" if found else _kind(lines, at)
            name, indent = (named[-1].lstrip("*") if named else ""), 0
            if found and name:
                yield name, found[3]
        elif section == "google" and line.strip():
            own = len(line) - len(line.lstrip())
            indent = indent or own
            found = _ARGUMENT.fullmatch(line.strip()) if own <= indent else None
            name = found[1] if found else name
            yield name, found[2] if found else line
        elif section == "numpy" and line.strip() and not _UNDERLINE.fullmatch(line):
            if line[0].isspace():
                yield name, line
            else:
                name = line.partition(":")[0].strip().lstrip("*")
        elif section == "field" and name and line.strip():
            yield name, line


def _kind(lines: list[str], at: int) -> str:
    """How the parameters are told that follow; "" where others than parameters do."""
    if lines[at].strip().rstrip(":").lower() not in _PARAMETERS:
        return ""
    return "numpy" if _is_underlined(lines, at) else "google"
