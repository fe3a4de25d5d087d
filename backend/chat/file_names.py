"""The names of files as people know them."""

MAX_NAME = 60  # characters of a name within a sentence


def quoted(name: str) -> str:
    """A file's name within a sentence: no folders, nothing invisible, not long; "" where nothing of it is left."""
    base = "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()).strip()
    if len(base) > MAX_NAME:
        base = f"{base[:40]}…{base[-16:]}"
    return f"“{base}”" if base else ""
