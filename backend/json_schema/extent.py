"""How much a JSON text holds, told before it is read: reading takes time and memory for each value, and all else waits.

A megabyte of `[],[],[]` becomes a hundred megabytes, and keeps the interpreter's lock for a second.
"""


def outside_texts(json: bytes, most: int) -> bytes:
    """What of a JSON text is not within its texts; where there are over `most` of them, what has too many values."""
    bare = json.replace(rb"\\", b"").replace(rb"\"", b"")  # without what is escaped a quote begins or ends a text
    return b"".join(bare.split(b'"')[::2]) if bare.count(b'"') <= 2 * most else b"," * (most + 1)


def values(between: bytes) -> int:
    """How many values and names there are in what is outside of texts, or a little more."""
    return sum(map(between.count, (b"[", b"{", b",", b":")))
