"""How much of the disk the app's own folder takes: of one visitor, and of all.

Bytes count when they are there: nothing goes for those that were only announced. Where there is no more room first what
nobody has used for long goes, then what is of whoever has most; files that are in use go never.
"""

import contextlib
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from backend.chat.errors import ImageWaits
from backend.chat.parts import Image
from backend.sandbox.caller import CALLER
from backend.sandbox.pool import Run
from backend.storage.holdings import Arrival, Going, Holdings
from backend.storage.sources import remove_with_source, size_with_source

# What the app and Gradio make in the folder: pictures (their sources are counted with them), uploads, exports, pages of
# documents. All else in it is somebody's own.
OURS = re.compile(
    r"pictures/[^/]+/[^/]+\.png|[0-9a-f]{64}/[^/]+|exports/[0-9a-f]{32}/[^/]+|thumbnails/[0-9a-f]{40}/\d+\.png"
)
LEAST = 16_384  # bytes that a file counts for at least: it takes a block, its folder another, and both a name
SHARE = 4  # one visitor may have so many-th of it all
SPARE = 100  # so many-th more than is needed is made room for, since each time all files are looked at
RECENT_SECONDS = 3600.0  # for which a file is as good as in use: a page that shows it may be about to send it
MARGIN = 50_000_000  # bytes of the disk that are left to others
NO_ROOM = "The app's disk is full. Try again later, or send a smaller file."


class DiskFull(ImageWaits):
    """There is no room for a file at present."""


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
        self._holdings = Holdings()
        self._ours: frozenset[str] = frozenset()

    def leave(self, paths: Collection[str]) -> None:
        """Has these stay for ever: the app's own, in the same folder."""
        self._ours = frozenset(paths)

    def close(self, arrival: Arrival) -> None:
        """Nothing more comes of it, and what has come is gone."""
        with self._lock:
            self._holdings.close(arrival)

    def grow(self, arrival: Arrival, size: int) -> None:
        """So many bytes more of it are there. Raises DiskFull where there is no room for them."""
        with self._lock:
            if arrival.is_over:
                raise DiskFull(NO_ROOM)
            self._holdings.grow(arrival, size)
            self._fit_share(arrival.owner)
            self._fit(arrival.owner)

    def take_in(self, arrival: Arrival, path: str) -> None:
        """Counts a whole file in the place of as much that has come. Raises DiskFull as `keep` does."""
        with self._lock:
            with contextlib.suppress(OSError):
                self._holdings.grow(arrival, -min(_counted(path), arrival.size))
            self.keep(arrival.owner, path)

    def keep(self, owner: str, path: str) -> None:
        """Counts a file that was made, or was used again and so is not among the oldest.

        Raises DiskFull where there is no room for it: it is removed, or stays another's.
        """
        with self._lock, contextlib.suppress(OSError):
            is_known = path in self._holdings
            is_new = self._holdings.hold(owner, path, _counted(path), time.time())
            try:
                if is_new and owner:
                    self._fit_share(owner, path)
                if not is_known:
                    self._fit(owner, path)
            except DiskFull:
                self._go([(owner, path)])
                raise

    def holds(self, path: str) -> bool:
        """Whether a file is counted. Waits for nobody."""
        return path in self._holdings

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
            for path in set(self._holdings) - found.keys():
                if not os.path.exists(path):
                    self._holdings.forget(path)
            for path, (size, changed) in sorted(found.items(), key=lambda item: item[1][1]):
                self._holdings.note(path, max(size, LEAST), changed)

    def _found(self) -> Iterator[tuple[str, tuple[int, float]]]:
        """By path, the bytes of each file of ours, and when it was changed, in seconds since the epoch."""
        for folder, _, names in os.walk(self._folder):  # which passes over what is taken away meanwhile
            for name in names:
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    if OURS.fullmatch(os.path.relpath(path, self._folder)) and not os.path.islink(path):
                        yield path, (size_with_source(path), os.stat(path).st_mtime)

    def _fit_share(self, owner: str, path: str = "") -> None:
        """Has an owner have no more than one may. Raises DiskFull where what else they have is in use."""
        if (over := self._holdings.size(owner) - self._share) > 0:
            self._free(self._holdings.own(owner, self._kept(path)), over, self._share // SPARE)

    def _fit(self, owner: str, path: str = "") -> None:
        """Makes room for what an owner has by now. Raises DiskFull, before anything goes, where that cannot be."""
        self._folder.mkdir(parents=True, exist_ok=True)  # a system may have cleared its folder of temporary files
        lacking = self._margin - shutil.disk_usage(self._folder).free  # whoever fills it
        if (over := max(self._holdings.total - self._most, lacking)) > 0:
            going = self._holdings.going(owner, self._kept(path), time.time() - RECENT_SECONDS)
            self._free(going, over, self._most // SPARE)

    def _kept(self, path: str) -> set[str]:
        return {path, *self._ours, *self._in_use()}

    def _free(self, going: Iterable[tuple[Going, int]], wanted: int, more: int) -> None:
        chosen, freed = [], 0
        for one, size in going:
            chosen.append(one)
            freed += size
            if freed >= wanted + more:
                break
        if freed < wanted:
            raise DiskFull(NO_ROOM)
        self._go(chosen)

    def _go(self, going: Iterable[Going]) -> None:
        for owner, thing in going:
            if isinstance(thing, Arrival):
                self._holdings.close(thing)
                thing.give_way()
            elif self._holdings.release(owner, thing):
                remove_with_source(thing)
                with contextlib.suppress(OSError):  # another file is in it
                    os.rmdir(os.path.dirname(thing))


def _counted(path: str) -> int:
    """Bytes that a file counts for. Raises OSError."""
    return max(size_with_source(path), LEAST)
