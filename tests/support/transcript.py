"""What a page's transcript shows, as assets/page/transcript/transcript.js draws it."""

from typing import Any


def drawn(before: list[Any], shown: dict[str, Any]) -> list[Any]:
    """The entries after an update; what goes on from other entries than the page shows draws nothing."""
    if "entries" not in shown:
        return before
    start, after = shown["start"], shown["after"]
    if start and (len(before) < start or before[start - 1][0] != after):
        return before
    return [*before[:start], *shown["entries"]]
