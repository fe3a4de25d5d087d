"""Files of text, in whatever encoding. For the processes with limits."""

import codecs
from pathlib import Path

from backend.chat.errors import DocumentRefused
from backend.documents.kinds import is_text

MAX_CHARACTERS = 1_000_000
GUESSED = 256_000  # bytes by which an encoding is guessed
WESTERN = "cp1252"  # most texts that are no UTF-8
# Those that files are found in; among all that there are, some mainframe's or old Macintosh's often fits as well.
ENCODINGS = (
    WESTERN, "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874", "cp932", "euc_jp",
    "gb18030", "big5", "euc_kr", "koi8_r",
)  # fmt: skip
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
        raise DocumentRefused(f"{label} couldn't be read. Upload it again.") from None
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
    return data.decode(_guessed(data[:GUESSED]), "replace")


def _guessed(data: bytes) -> str:
    """The encoding that fits best: the Western one where no other fits better."""
    import charset_normalizer

    found = charset_normalizer.from_bytes(data, cp_isolation=[*ENCODINGS])
    best = found.best()
    western = next((guess for guess in found if guess.encoding == WESTERN), None)
    if best is None or (western and western.chaos <= best.chaos and western.coherence >= best.coherence):
        return WESTERN
    return best.encoding


def not_supported(label: str) -> DocumentRefused:
    """That a file is none of what can be read."""
    return DocumentRefused(f"{label} isn't an image, a PDF or a text file. Save it as one of these, then add it.")
