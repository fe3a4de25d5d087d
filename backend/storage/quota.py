"""How much of the disk the app's own folder takes: of one visitor, and of all.

Where there is no more room the files that nobody has used for longest go, and those that are in use never.
"""

import contextlib
import os
import re
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.chat.errors import UserError
from backend.chat.messages import Image
from backend.sandbox.caller import CALLER
from backend.sandbox.pool import Run

# What the app and Gradio make in the folder: pictures, uploads, exports. All else in it is somebody's own.
OURS = re.compile(r"pictures/[^/]+/[^/]+\.png|[0-9a-f]{64}/[^/]+|exports/[0-9a-f]{32}/[^/]+")
LEAST = 16_384  # bytes that a file counts for at least: it takes a block, its folder another, and both a name
SHARE = 4  # one visitor may have so many-th of it all
SPARE = 10  # so many-th more than is needed is made room for, since each time all files are looked at
MARGIN = 50_000_000  # bytes of the disk that are left to others
NO_ROOM = "The app has no room for this on its disk at present: try again later, or send a smaller file."


class DiskFull(UserError):
    """There is no room for a file."""


@dataclass(frozen=True)
class _File:
    size: int
    owner: str
    used: float  # seconds since the epoch


class DiskQuota:
    """The files of a folder, and whose each is; "" owns what came before the process. Safe to use from threads."""

    def __init__(
        self, folder: Path, most: int, in_use: Callable[[], Collection[str]] = frozenset, margin: int = MARGIN,
        upload: int = 0,
    ) -> None:  # fmt: skip
        """All of the folder together may take `most` bytes; `in_use` gives the paths of files that have to stay.

        One visitor may have a part of it, and at least `upload` bytes, as many as one upload may have.
        """
        self._share = max(most // SHARE, min(upload, most))
        self._folder, self._most, self._in_use, self._margin = folder, most, in_use, margin
        self._lock = threading.RLock()
        self._files: dict[str, _File] = {}
        self._taken: Counter[str] = Counter()  # bytes by owner, with those that are promised
        self._promised: Counter[str] = Counter()  # bytes that are coming in, by owner
        self._ours: frozenset[str] = frozenset()

    def leave(self, paths: Collection[str]) -> None:
        """Has these stay for ever: the app's own, in the same folder."""
        self._ours = frozenset(paths)

    @contextlib.contextmanager
    def room(self, owner: str, size: int) -> Iterator[None]:
        """Room for so many bytes while they come; `keep` is told what they are in the end. Raises DiskFull."""
        with self._lock:
            self._make_room(owner, size)
            self._taken[owner] += size
            self._promised[owner] += size
        try:
            yield
        finally:
            with self._lock:
                self._taken[owner] -= size
                self._promised[owner] -= size
                self._promised += Counter()  # without those of none
                self._trim(owner)

    def keep(self, owner: str, path: str) -> None:
        """Counts a file that was made, or was used again and so is not among the oldest."""
        with self._lock, contextlib.suppress(OSError):
            self._note(path, _File(max(os.stat(path).st_size, LEAST), owner, time.time()))
            own = {name: file for name, file in self._files.items() if file.owner == owner and name != path}
            if owner and (over := self._taken[owner] - self._promised[owner] - self._share) > 0:
                self._free(own, over)
            over = self._taken.total() - self._promised.total() - self._most
            if (over := max(over, self._lacking(0))) > 0:
                self._free(self._files, over)

    def keeping(self, run: Run) -> Run:
        """What runs as `run` does, and counts the pictures that this makes as files of whom it is done for."""

        def kept(function: Callable[..., Any], /, *given: Any, **named: Any) -> Any:
            made = run(function, *given, **named)
            if isinstance(made, Image):
                self.keep(CALLER.get(), made.path)
            return made

        return kept

    def look(self) -> None:
        """Counts what lies in the folder of what the app or Gradio has made."""
        found = dict(self._found())  # without the lock, for which everybody else would wait
        with self._lock:
            for name in self._files.keys() - found.keys():
                if not os.path.exists(name):
                    self._forget(name)
            for name, (size, changed) in found.items():
                known = self._files.get(name)
                used = max(changed, known.used if known else 0)
                self._note(name, _File(max(size, LEAST), known.owner if known else "", used))

    def _found(self) -> Iterator[tuple[str, tuple[int, float]]]:
        """By path, the bytes of each file of ours, and when it was changed, in seconds since the epoch."""
        for folder, _, names in os.walk(self._folder):  # which passes over what is taken away meanwhile
            for name in names:
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    if OURS.fullmatch(os.path.relpath(path, self._folder)) and not os.path.islink(path):
                        stat = os.stat(path)
                        yield path, (stat.st_size, stat.st_mtime)

    def _make_room(self, owner: str, size: int) -> None:
        if (over := self._taken[owner] + size - self._share) > 0:
            own = {path: file for path, file in self._files.items() if file.owner == owner}
            if size > self._share or self._free(own, over, self._share // SPARE) < over:
                raise DiskFull(NO_ROOM)
        if (over := max(self._taken.total() + size - self._most, self._lacking(size))) > 0:
            self._free(self._files, over, self._most // SPARE)
            if self._taken.total() + size > self._most or self._lacking(size) > 0:
                raise DiskFull(NO_ROOM)

    def _lacking(self, size: int) -> int:
        """Bytes that the disk itself lacks, whoever fills it."""
        self._folder.mkdir(parents=True, exist_ok=True)  # a system may have cleared its folder of temporary files
        return size + self._promised.total() + self._margin - shutil.disk_usage(self._folder).free

    def _free(self, files: dict[str, _File], wanted: int, more: int = 0) -> int:
        """Deletes the oldest of these that are not in use, until so many bytes are free; how many are."""
        kept, freed = self._ours.union(self._in_use()), 0
        for path in sorted(files.keys() - kept, key=lambda path: files[path].used):
            if freed >= wanted + more:
                break
            freed += files[path].size
            with contextlib.suppress(OSError):  # it is gone already
                os.unlink(path)
            with contextlib.suppress(OSError):  # another file is in it
                os.rmdir(os.path.dirname(path))
            self._forget(path)
        return freed

    def _note(self, path: str, file: _File) -> None:
        self._forget(path)
        self._files[path] = file
        self._taken[file.owner] += file.size

    def _forget(self, path: str) -> None:
        if file := self._files.pop(path, None):
            self._taken[file.owner] -= file.size
            self._trim(file.owner)

    def _trim(self, owner: str) -> None:
        if self._taken[owner] <= 0:
            del self._taken[owner]
