"""The schemas that come with the app: assets/schemas."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "schemas"
ORDER = ("receipt", "invoice", "business-card", "form", "key-values", "table", "chart")


@dataclass(frozen=True)
class ReadyMade:
    """One of them: what a person calls it, and its text."""

    title: str
    text: str


@cache
def ready_made() -> tuple[ReadyMade, ...]:
    """All of them, in the order in which they are offered."""
    texts = [(FOLDER / f"{name}.json").read_text(encoding="utf-8").strip() for name in ORDER]
    return tuple(ReadyMade(json.loads(text)["title"], text) for text in texts)
