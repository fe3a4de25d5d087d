"""How many bytes a value takes in memory."""

import sys
from typing import Any

PLAIN = (str, bytes, int, float, bool, type(None))


def weight(value: Any) -> int:
    """Bytes of a value and of all that it holds: texts exactly, the rest nearly. What it holds twice counts once.

    For values: texts, numbers, containers and objects of them, to any depth.
    """
    total, known, waiting = 0, {id(value)}, [value]
    while waiting:
        part = waiting.pop()
        total += sys.getsizeof(part)
        for inner in _inner(part):
            if id(inner) not in known:
                known.add(id(inner))
                waiting.append(inner)
    return total


def _inner(value: Any) -> list[Any]:
    if isinstance(value, PLAIN):
        return []
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, tuple | list | set | frozenset):
        return list(value)
    return [vars(value)] if hasattr(value, "__dict__") else []
