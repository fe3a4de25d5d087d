"""Numbers in a JSON text, for json.loads: those that the standard has, and that a float can hold."""

import math

MAX_DIGITS = 300  # more would not fit a float, against which a schema may compare


def whole(text: str) -> int:
    """Raises ValueError, which says what is wrong, without a full stop."""
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS} digits")
    return int(text)


def finite(text: str) -> float:
    """The same of what is not whole, or no number at all, as Infinity."""
    number = float(text)
    if not math.isfinite(number):
        shown = text if len(text) <= 20 else f"{text[:10]}…{text[-10:]}"
        raise ValueError(f"{shown} is not a number that JSON can hold")
    return number
