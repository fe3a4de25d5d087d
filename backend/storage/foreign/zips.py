"""Zips of conversations: which files within one are read, and their bytes. Runs in a process with limits."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.chat.errors import ConversationInvalid

ENDINGS = (".json", ".jsonl")
MAX_FILES = 1_000
MAX_MEMBER, MAX_UNPACKED = 100_000_000, 1_000_000_000  # bytes: of one file, and of all
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others are seldom, and fail in ways of their own
UNREADABLE = "This file couldn't be read. Export it again, and choose the new file."


def names(path: Path) -> list[str]:
    """The names of the files that may hold conversations. Raises ConversationInvalid."""
    with _opened(path) as bundle:
        found = [item for item in bundle.infolist() if item.filename.endswith(ENDINGS)]
    if len(found) > MAX_FILES:
        raise ConversationInvalid(f"This zip has more than {MAX_FILES:,} files, too many to open at once.")
    if sum(item.file_size for item in found) > MAX_UNPACKED:
        raise ConversationInvalid(
            f"This zip unpacks to more than {MAX_UNPACKED // 1_000_000:,} MB, too much to open at once."
        )
    return [item.filename for item in found]


def unpacked(path: Path, name: str) -> bytes:
    """What is in the file of this name. Raises ConversationInvalid."""
    with _opened(path) as bundle:
        item = bundle.getinfo(name)
        if item.file_size > MAX_MEMBER:
            raise ConversationInvalid(f"A file in this zip is over {MAX_MEMBER // 1_000_000} MB.")
        if item.compress_type not in METHODS:
            raise ConversationInvalid(UNREADABLE)
        with bundle.open(item) as member:
            return member.read(item.file_size)  # `read` of all would unpack more than it says, and then cut it


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Raises ConversationInvalid for what a damaged, encrypted or strange zip has the library raise."""
    try:
        with zipfile.ZipFile(path) as bundle:
            yield bundle
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise ConversationInvalid(UNREADABLE) from error
