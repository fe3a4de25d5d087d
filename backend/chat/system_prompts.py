"""System prompts: where they come from, and filling in {name}, {today}, {yesterday}. Sends none and keeps none."""

import datetime
import re
from pathlib import Path

CHECKPOINT_FILE = "SYSTEM_PROMPT.txt"
MAX_BYTES = 100_000
KNOWN_VARIABLES = ("name", "today", "yesterday")

_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "prompts"
# Nothing but a bare name between the braces, so that JSON and code in a prompt are not taken for variables.
_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


def prompt_for(folder: Path, fallback: str = "default") -> str:
    """The system prompt of the checkpoint in `folder`: its SYSTEM_PROMPT.txt, else ours called `fallback`.

    A file that is empty, over 100,000 bytes, not UTF-8 or not readable counts as none.
    Raises OSError where there is no prompt of ours of that name.
    """
    return _checkpoint_prompt(folder / CHECKPOINT_FILE) or _our_prompt(fallback)


def fill(prompt: str, name: str, today: datetime.date) -> str:
    """The prompt with {name}, {today} and {yesterday} replaced, dates as 2026-11-24; everything else stays as it is."""
    yesterday = today - datetime.timedelta(days=1)
    values = dict(zip(KNOWN_VARIABLES, (name, today.isoformat(), yesterday.isoformat()), strict=True))
    # One pass: what is filled in is not looked at again.
    return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), prompt)


def unknown_variables(prompt: str) -> tuple[str, ...]:
    """The names in braces that `fill` leaves alone, each once, in order."""
    return tuple(dict.fromkeys(name for name in _VARIABLE.findall(prompt) if name not in KNOWN_VARIABLES))


def _checkpoint_prompt(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            return ""
        return path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _our_prompt(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()


DEFAULT_PROMPT = _our_prompt("default")
PRESETS = {
    "General assistant": DEFAULT_PROMPT,
    "Image analyst": _our_prompt("vision"),
    "Tool user": _our_prompt("tools"),
    "Exact instructions": _our_prompt("precise"),
    "Translator": _our_prompt("translator"),
}
