"""Texts that become files of the message box again: those of a message that is edited."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from backend.chat.errors import InputRefused
from backend.chat.parts import TextFile
from ui.texts import texts

MAX_NAME = 200  # bytes: a disk takes 255


@dataclass(frozen=True)
class TextUploads:
    """A folder that takes uploads. `keep` counts a file that was made as the visitor's for whom it was."""

    folder: Path
    keep: Callable[[str], object] = str

    def path(self, text: TextFile) -> str:
        """Where a text is as an upload of its name, in a folder named after what is in it. Raises InputRefused."""
        data = text.content.encode("utf-8", "replace")
        place = self.folder / sha256(data).hexdigest() / file_name(text.name)
        try:
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                partial = place.with_name(f"{secrets.token_hex(8)}.part")
                partial.write_bytes(data)
                partial.replace(place)
        except OSError as error:
            raise InputRefused(texts.documents.not_kept.format(name=text.name)) from error
        self.keep(str(place))
        return str(place)


def file_name(name: str) -> str:
    """A name that a disk takes, and its ending."""
    plain = "".join("_" if c in '/\\:"' or not c.isprintable() else c for c in name).strip(". ") or "text"
    stem, ending = os.path.splitext(plain)
    ending = ending if len(ending.encode()) < 20 else ""
    stem = plain.removesuffix(ending).encode()[: MAX_NAME - len(ending.encode())].decode("utf-8", "ignore")
    return stem + ending
