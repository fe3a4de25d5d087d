"""What a page's transcript shows, as assets/page/transcript/transcript.js draws it."""

import json
from typing import Any


def drawn(before: list[Any], shown: str) -> list[Any] | None:
    """The entries after an update; None where the page shows others than those that it goes on from, and asks for all.

    Of updates that go on from others each is to be given, in their order.
    """
    told = json.loads(shown)
    entries, keys = told["entries"], [entry[0] for entry in before]
    if "before" in told:
        return [*entries, *before] if keys[:1] == [told["before"]] else before
    if not told["after"]:
        there = keys.index(entries[0][0]) if entries and entries[0][0] in keys else 0
        return [*before[:there], *entries]
    if told["after"] not in keys:
        return None
    start, kept = keys.index(told["after"]) + 1, told.get("from", 0)
    if kept:
        key, role, blocks = before[start]
        assert [key, role] == entries[0][:2]
        entries = [[key, role, [*blocks[:kept], *entries[0][2]]], *entries[1:]]
    return [*before[:start], *entries]
