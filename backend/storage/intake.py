"""What a picture file goes through on its way into the store's folder: in a process of its own, where it is bounded.

Beside a picture that was larger in pixels lies the file that it came from, `<hash>.source`, from which parts are cut at
full size. It is known by the picture's path alone, is counted, goes and stays with it. Archives and exports have no
sources: parts of a picture that comes from there, as after a restart, are cut from the 1540 pixels that are kept.
"""

import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import PIL.Image

from backend.chat.errors import ImageRefused
from backend.chat.parts import Image
from backend.chat.regions import Region
from backend.storage.decoding.picture import LONGEST_EDGE, decoded
from backend.storage.sources import source_of


@dataclass(frozen=True)
class Intake:
    """The folder that takes pictures, how many bytes a file may have, and the secret that their places depend on."""

    folder: Path
    max_bytes: int
    secret: bytes

    def take(self, source: Path | bytes, longest_edge: int, label: str, partial: Path) -> Image:
        """The picture of a file, or of its bytes, written to `partial` first. Raises ImageRefused."""
        data = self._sized(source, label) if isinstance(source, bytes) else self._read(source, label)
        picture, pixels = decoded(data, label, longest_edge)
        if isinstance(source, Path) and (original := self._source(source)):  # one of ours, perhaps to be made smaller
            return self._keep(picture, label, partial, self._read(original, label))
        return self._keep(picture, label, partial, data if pixels > picture.width * picture.height else b"")

    def cut(self, path: Path, region: Region, label: str, partial: Path) -> Image:
        """A part of the picture at a path, at full size if its source is there. Raises ImageRefused.

        The part has no source of its own: a part of it is cut from what is kept of it.
        """
        data = self._read(self._source(path) or path, label)
        return self._keep(decoded(data, label, LONGEST_EDGE, region)[0], label, partial, b"")

    def _source(self, path: Path) -> Path | None:
        """The source of a picture of the folder, if it has one."""
        source = source_of(path)
        return source if path.parent.parent == self.folder and source.exists() else None

    def _read(self, path: Path, label: str) -> bytes:
        try:
            self._check_size(path.stat().st_size, label)
            data = path.read_bytes()
        except OSError as error:
            raise ImageRefused(f"{label} couldn't be read. Upload it again.") from error
        return self._sized(data, label)

    def _check_size(self, size: int, label: str) -> None:
        if size > self.max_bytes:
            limit = f"{self.max_bytes / 1e6:g} MB"
            raise ImageRefused(f"{label} is {size / 1e6:.1f} MB, over the limit of {limit}. Use a smaller copy.")

    def _sized(self, data: bytes, label: str) -> bytes:
        self._check_size(len(data), label)
        if not data:
            raise ImageRefused(f"{label} is empty. Check the file, and upload it again.")
        return data

    def _keep(self, picture: PIL.Image.Image, label: str, partial: Path, source: bytes) -> Image:
        width, height = picture.size
        name = blake2b(f"{width}x{height} ".encode() + picture.tobytes(), digest_size=20).hexdigest()
        # With its source: of two files that look the same when they are small, one may say more than the other.
        origin = blake2b(source, digest_size=20).hexdigest() if source else ""
        tag = blake2b(f"{name}{origin}".encode(), key=self.secret, digest_size=16).hexdigest()
        path = self.folder / tag / f"{name}.png"
        try:
            try:
                os.utime(path)  # and not `touch`, which would make an empty file of one that is being swept
            except OSError:
                _write(picture, partial, path)
            if source and not source_of(path).exists():  # last: without its picture nobody would count it
                _write_source(source, partial, path)
        except OSError as error:
            raise ImageRefused(f"{label} couldn't be saved because the disk is full. Try again later.") from error
        return Image(str(path), width, height)


def _write(picture: PIL.Image.Image, partial: Path, path: Path) -> None:
    """Writes a PNG so that `path` is never a part of a picture. Raises OSError.

    PNG, since JPEG's noise would be added to text and equations; level 1 is five times as fast as the default on a
    photo and a fifth larger. At 1540 pixels no picture is over 8 MB.
    """
    partial.parent.mkdir(parents=True, exist_ok=True)  # the system may have cleared its folder of temporary files
    picture.save(partial, format="PNG", compress_level=1)
    _move(partial, path)


def _write_source(source: bytes, partial: Path, path: Path) -> None:
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_bytes(source)
    _move(partial, source_of(path))


def _move(partial: Path, path: Path) -> None:
    """Makes the folder at the last moment, and again where it was swept at that moment, since it was empty."""
    for is_last in (False, False, True):
        path.parent.mkdir(exist_ok=True)
        try:
            partial.replace(path)
            return
        except FileNotFoundError:
            if is_last:
                raise
