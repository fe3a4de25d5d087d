"""Files of text, in whatever encoding. For the processes with limits."""

import codecs
from pathlib import Path

from backend.chat.errors import DocumentRefused
from backend.documents.kinds import is_text

MAX_CHARACTERS = 1_000_000
GUESSED = 256_000  # bytes by which an encoding is guessed
# The longer mark first: UTF-32's in little-endian order begins with UTF-16's.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: str, label: str) -> str:
    """The file's text, with its lines ended by \\n. Raises DocumentRefused."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        raise DocumentRefused(f"{label} couldn't be read. Add it again.") from None
    return bounded(lines_of(decoded(data, label)), label)


def bounded(text: str, label: str) -> str:
    """The text, where it is not too long. Raises DocumentRefused."""
    if len(text) > MAX_CHARACTERS:
        raise DocumentRefused(
            f"{label} has {len(text):,} characters of text, over the limit of {MAX_CHARACTERS:,}. Add a part of it."
        )
    return text


def lines_of(text: str) -> str:
    """The text with one sign for the end of a line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decoded(data: bytes, label: str) -> str:
    """Bytes as text: by their byte order mark, as UTF-8, or in the encoding that fits best. Raises DocumentRefused."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if not is_text(data):
        raise not_supported(label)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    import charset_normalizer

    guess = charset_normalizer.from_bytes(data[:GUESSED]).best()
    if guess is None:
        raise not_supported(label)
    return data.decode(guess.encoding, "replace")


def not_supported(label: str) -> DocumentRefused:
    """That a file is none of what can be read."""
    return DocumentRefused(f"{label} isn't an image, a PDF or a text file. Save it as one of these, then add it.")
