"""Which files an event may name: those in the folder that takes uploads, where the picture store lies too.

Why: Gradio takes any value with a path for a file, wherever it stands: it fetches addresses, to their end and into
memory, and opens files of this machine that are named without its mark. What else is named is refused before it looks.
Seen with: Gradio 6.31.0; the mark of gr.FileData, and that uploads lie where GRADIO_TEMP_DIR says, as documented.
Without it: a forged event has the server fetch addresses of its network, and read the app's own files.
Remove when: Gradio takes for a file what was uploaded in this session, and nothing else.
"""

import math
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import psutil

MAX_DEPTH = 8  # of a value; the page's own go to four
MAX_PARTS = 10_000  # at one depth
MAX_FILES = 100  # of one value: each costs some looks at the disk
MAX_PATH, MAX_STEPS = 4_096, 8  # letters, as a disk has them, and names below the folder of uploads: ours go to three
MARK = "gradio.FileData"
ROUTE = "gradio_api/file="
EXPORTS = "exports"  # where all conversations of an archive are, for a browser to fetch them as one file
THUMBNAILS = "thumbnails"  # where small pictures of documents' pages are
INCOMING = "incoming"  # where uploads are until they are whole, in the folder that takes them
LEFT_SECONDS = 86_400.0  # for which nothing is written to an upload that is over
FETCHED_SECONDS = 3_600.0  # within which an export is fetched
SEEN_SECONDS = 86_400.0  # for which a page of a document is not drawn anew


def upload_folder() -> Path:
    """Where Gradio puts what is uploaded, and the app its pictures."""
    return Path(os.environ.get("GRADIO_TEMP_DIR") or (Path(tempfile.gettempdir()) / "gradio").resolve())


def machine() -> str:
    """The name of this machine or container, as one of a file."""
    return quote(socket.gethostname(), safe="")


def new_folder(uploads: Path) -> Path:
    """Of one upload, with the name of this machine and the number of this process in its own."""
    incoming = uploads / INCOMING
    incoming.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"{machine()}-{os.getpid()}-", dir=incoming))


def clear(uploads: Path) -> None:
    """At the start, removes what processes that are no more have left of uploads that were coming in."""
    for folder in (uploads / INCOMING).glob(f"{machine()}-*-*"):
        name, process, _ = folder.name.rsplit("-", 2)
        is_over = process.isdigit() and (int(process) == os.getpid() or not psutil.pid_exists(int(process)))
        if name == machine() and is_over:
            shutil.rmtree(folder, ignore_errors=True)
    clear_old(uploads)


def clear_old(uploads: Path) -> None:
    """Removes what is known by its age to be left: uploads of other machines' processes, or of one whose number another
    has, exports that were fetched by now, and pictures of pages."""
    for name, seconds in {INCOMING: LEFT_SECONDS, EXPORTS: FETCHED_SECONDS, THUMBNAILS: SEEN_SECONDS}.items():
        for folder in (uploads / name).glob("*"):
            if _last_written(folder) < time.time() - seconds:
                shutil.rmtree(folder, ignore_errors=True)


def _last_written(folder: Path) -> float:
    """In seconds since the epoch; infinite where that cannot be told, as of what is being removed."""
    try:
        return max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))
    except OSError:
        return math.inf


def names_only_uploads(value: Any, marked: bool = True) -> bool:
    """Whether all files in a JSON value, at any depth, are of ours. False too for one of no size that the page sends.

    `marked`: a file bears Gradio's mark, as in the value of a component; what an event tells of itself has none.
    """
    level, files = [value], 0
    for _ in range(MAX_DEPTH):
        named = [part for part in level if isinstance(part, dict) and ("path" in part or "url" in part)]
        files += len(named)
        if files > MAX_FILES or not all(_is_upload(file, marked) for file in named):
            return False
        level = [inner for outer in level for inner in _parts(outer)]
        if not level or len(level) > MAX_PARTS:
            return not level
    return False


def _parts(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _is_upload(file: Mapping[str, Any], marked: bool) -> bool:
    path, url, meta = file.get("path"), file.get("url"), file.get("meta")
    if marked and not (isinstance(meta, dict) and meta.get("_type") == MARK):
        return False
    if not isinstance(path, str) or file.get("is_stream"):
        return False
    return (url is None or _leads_to(url, path)) and lies_in_uploads(path)


def _leads_to(url: Any, path: str) -> bool:
    """Whether a URL is the app's own for this path. Where the app is mounted is the page's to know."""
    return isinstance(url, str) and unquote(url.partition(ROUTE)[2]) == path


def lies_in_uploads(path: str) -> bool:
    """Whether a path lies in the folder as it is written and as the disk has it; there need be no file any more.

    What no upload is called is none without a look at it: the disk is asked for each part, with all before it.
    """
    folder = upload_folder()
    if len(path) > MAX_PATH or sum(map(path.count, "/\\")) > len(folder.absolute().parts) + MAX_STEPS:
        return False
    given = Path(path)
    for written in (folder, folder.absolute()):
        if given.is_relative_to(written):
            inside = given.relative_to(written)
            break
    else:
        return False
    try:
        return bool(inside.parts) and ".." not in inside.parts and given.resolve() == folder.resolve() / inside
    except (OSError, ValueError, RuntimeError):  # no name that the disk could have, or links in a circle
        return False
