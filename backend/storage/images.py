"""The image store: checks an uploaded picture, turns it upright, makes it RGB, shrinks it and keeps it.

Fetches nothing from anywhere, and knows neither tokens nor pages.
"""

import base64
import binascii
import contextlib
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from backend.chat.errors import ImageRefused, ImageWaits, UserError, trace
from backend.chat.file_names import quoted
from backend.chat.parts import Image
from backend.chat.regions import Region
from backend.sandbox.pool import Busy, LimitReached, Run, Sandbox, directly
from backend.storage.decoding.picture import LONGEST_EDGE
from backend.storage.intake import Intake
from backend.storage.sources import SUFFIX, picture_of, remove_with_source

# Of files of 50 megapixels a TIFF with four LZW channels was seen to take most: 2.5 s and 0.93 GB.
MAX_DECODED, MAX_SECONDS, MAX_MEMORY = 2, 5.0, 1_500_000_000  # at once; each, in s of processor time and bytes
MAX_PICTURES = 1_000  # of one conversation

log = logging.getLogger(__name__)


def decoding(max_bytes: int) -> Sandbox:
    """Processes for a store to decode in; there may be three copies of the file beside the pixels."""
    return Sandbox(MAX_SECONDS, MAX_MEMORY + 3 * max_bytes, [__name__], MAX_DECODED)


class ImageStore:
    """A folder of pictures that were checked: `<tag>/<hash>.png`. Safe to use from several threads.

    The hash is of the pixels, the same everywhere and for ever: it is the picture's name. Files are served by their
    path, so the tag is a secret of the process: nobody finds another's picture by hashing their own copy.
    """

    def __init__(self, folder: Path, max_bytes: int = 20_000_000, run: Run = directly) -> None:
        """`max_bytes` is the largest file taken in; `run` is how pictures are decoded, which `decoding` bounds.

        Makes the folder; raises OSError where that fails.
        """
        self._folder = folder
        self._run = run
        self._intake = Intake(folder, max_bytes, secrets.token_bytes(32))
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, path: str | Path, name: str, longest_edge: int = LONGEST_EDGE) -> Image:
        """Keeps a copy of the picture file at `path`, which the person knows as `name`; equal pictures are kept once.

        `longest_edge`, in pixels, makes it smaller. Raises ImageRefused.
        """
        return self._taken(Path(path), _label("" if self.holds(path) else name), longest_edge)  # a hash tells nobody

    def holds(self, path: str | Path) -> bool:
        """Whether this is the path of a picture in this store, there or not: its name is a hash."""
        return Path(path).parent.parent == self._folder

    def take_bytes(self, data: bytes, name: str) -> Image:
        """The same for the bytes of a picture file. Raises ImageRefused."""
        return self._taken(data, _label(name))

    def take_data_url(self, url: str) -> Image:
        """The same for a data URL. Raises ImageRefused; nothing is ever fetched."""
        head, comma, body = url.partition(",")
        if not (comma and head.startswith("data:image/") and head.endswith(";base64")):
            raise ImageRefused("An image in the file is only a link. Only images inside the file can be imported.")
        try:
            return self.take_bytes(base64.b64decode(body, validate=True), "")
        except binascii.Error as error:
            raise ImageRefused("An image in the file is damaged. Export it again.") from error

    def cut(self, image: Image, region: Region, label: str = "") -> Image:
        """A part of a kept picture as one of its own, which people know by `label`: cut at full size where the file
        that it came from is still there, and then shrunk. What lies outside of the picture is left out.

        Raises ImageRefused, also for a part without any pixels.
        """
        named = label or "The image"
        if region.is_empty:
            raise ImageRefused(
                f"This part of the image, which has {image.width} × {image.height} pixels, is empty: in thousandths of "
                "it, left must be less than right, and top less than bottom."
            )
        part = self._kept(self._intake.cut, Path(image.path), region, label=named)
        return replace(part, label=label)

    def sweep(self, days: float) -> None:
        """Forgets pictures that nobody has taken in for so many days; a page keeps its own copies."""
        oldest = time.time() - days * 86_400
        for found in sorted(self._folder.rglob("*"), reverse=True):  # a folder after what is in it
            with contextlib.suppress(OSError):  # it is not empty, or another process was quicker
                if found.is_dir():
                    found.rmdir()
                elif found.stat().st_mtime < oldest and not (found.suffix == SUFFIX and picture_of(found).exists()):
                    remove_with_source(found)

    def _taken(self, source: Path | bytes, label: str, longest_edge: int = LONGEST_EDGE) -> Image:
        return self._kept(self._intake.take, source, longest_edge, label=label)

    def _kept(self, work: Callable[..., Image], *given: object, label: str) -> Image:
        """What the work, a method of the intake, makes of what is given. Raises ImageRefused."""
        partial = self._folder / f"{secrets.token_hex(8)}.part"
        try:
            image: Image = self._run(work, *given, label, partial)
        except Busy as error:
            raise ImageWaits(
                f"{label} has to wait while other images are being opened. Try again in a moment."
            ) from error
        except LimitReached as error:
            raise ImageRefused(
                f"{label} takes too long or too much memory to open. Save it again, or use a smaller copy."
            ) from error
        except UserError:
            raise
        except Exception as error:  # Pillow's plugins document none of what a damaged file has them raise
            log.warning("a picture could not be opened: %s", trace(error))
            raise ImageRefused(f"{label} couldn't be opened. Save it again, or as a PNG.") from error
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()  # here, since its process may have ended in the middle
        return image


class TooManyPictures(ImageRefused):
    """A conversation has more pictures than can be opened."""


def once_each(take: Callable[[str], Image]) -> Callable[[str], Image]:
    """`take` for the pictures of one conversation: each address is taken once, however often it is named.

    The result raises what `take` raises, and TooManyPictures for more than MAX_PICTURES.
    """
    taken: dict[str, Image] = {}

    def take_once(address: str) -> Image:
        if address not in taken:
            if len(taken) == MAX_PICTURES:
                raise TooManyPictures(f"This chat has more than {MAX_PICTURES:,} images, too many to open.")
            taken[address] = take(address)
        return taken[address]

    return take_once


def _label(name: str) -> str:
    return quoted(name) or "The image"
