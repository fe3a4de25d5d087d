"""Where the file lies that a kept picture came from, if that was larger: beside it. See intake.py."""

import contextlib
import os
from pathlib import Path

SUFFIX = ".source"


def source_of(picture: Path) -> Path:
    """The place of its source, whether or not it has one."""
    return picture.with_suffix(SUFFIX)


def picture_of(source: Path) -> Path:
    """The place of the picture whose source this is."""
    return source.with_suffix(".png")


def size_with_source(picture: str | Path) -> int:
    """The bytes of a picture's file, or of another, and of its source. Raises OSError where the file is gone."""
    size = os.stat(picture).st_size
    with contextlib.suppress(OSError):
        size += source_of(Path(picture)).stat().st_size
    return size


def remove_with_source(picture: str | Path) -> None:
    """Has neither be there."""
    for path in (Path(picture), source_of(Path(picture))):
        with contextlib.suppress(OSError):  # it is gone already, or there was none
            path.unlink()
