"""Files that the page's script has sent: the conversations and pictures that a visitor's browser keeps."""

import logging
import re
from pathlib import Path

from backend.chat.errors import ImageRefused
from ui.gradio_patches.uploads import upload_folder
from ui.texts import texts

log = logging.getLogger(__name__)
CONVERSATION = re.compile(r"conversation-[0-9a-f]+\.json")  # as the page names it, each time another


def upload(address: str) -> Path:
    """A file that the browser has sent. Raises ImageRefused for any other path."""
    try:
        path = Path(address).resolve()
        if path.is_relative_to(upload_folder().resolve()):
            return path
    except (OSError, ValueError):  # no name that a disk could have
        pass
    raise ImageRefused(texts.errors.part_missing)


def discard(address: str | None) -> None:
    """A conversation that a page handed over goes, opened or not: nothing that was said stays on this disk."""
    try:
        if address and CONVERSATION.fullmatch((file := upload(address)).name):
            file.unlink(missing_ok=True)
    except ImageRefused:
        pass  # none of ours
    except OSError as error:  # its words may hold a path
        log.warning("a conversation that was handed over could not be removed: %s", error.strerror)
