"""Fetching a model's files from the hub, and the sentences for when that fails. The only place that speaks with it."""

import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import httpx2
from huggingface_hub import DryRunFileInfo, constants, snapshot_download
from huggingface_hub.errors import (
    DryRunError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import disable_progress_bars, tqdm, validate_repo_id

from backend.chat.errors import ModelUnusable, trace

FILES = ["config.json", "generation_config.json", "tekken.json", "SYSTEM_PROMPT.txt", "model*.safetensors*"]
TOKENIZER_FILES = ["tekken.json", "SYSTEM_PROMPT.txt"]
WRITTEN = "huggingface_hub.snapshot_download"  # the bar that counts bytes written; others count files, bytes received
log = logging.getLogger(__name__)

Report = Callable[[int, int], object]


def is_repository(name: str) -> bool:
    """Whether the hub could have a repository of this name."""
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return "/" in name


def download(repository: str, report: Report | None = None, files: Sequence[str] = FILES) -> Path:
    """The folder with these of the repository's files, fetched or taken from the cache. Raises ModelUnusable.

    Says in the terminal what will be fetched, and shows a bar there. `report` is called with the bytes that are
    written and the bytes of all that is to be fetched, from several threads in turn, and not at all where nothing is.
    """
    try:
        listed = _listing(repository, files)
        missing = [file for file in listed if file.will_download]
        total = sum(file.file_size or 0 for file in missing)
        if missing:
            _announce(repository, len(missing), total)
        revision = listed[0].commit_hash if listed else None
        bar = _bar(report, total) if report and missing else tqdm
        return Path(snapshot_download(repository, revision=revision, allow_patterns=list(files), tqdm_class=bar))
    except (httpx2.HTTPError, OSError) as error:
        raise ModelUnusable(_sentence(repository, error)) from error
    except (ValueError, RuntimeError) as error:  # an answer that makes no sense, a token that cannot be sent; hf_xet
        log.warning("%s was not downloaded: %s", repository, trace(error))
        raise ModelUnusable(_sentence(repository, error)) from error


def _listing(repository: str, files: Sequence[str]) -> list[DryRunFileInfo]:
    """The files to have, and which of them are not there yet; none where the hub cannot be asked."""
    try:
        with disable_progress_bars():
            return snapshot_download(repository, allow_patterns=list(files), dry_run=True)
    except DryRunError:
        return []


def _announce(repository: str, count: int, total: int) -> None:
    """Says what comes. Raises ModelUnusable where the disk has no room for it."""
    cache = Path(constants.HF_HUB_CACHE)
    free = shutil.disk_usage(next(folder for folder in (cache, *cache.parents) if folder.exists())).free
    if total > free:
        room = f"{_size(total)} of the disk and {_size(free)} are free"
        raise ModelUnusable(f"{repository} needs {room}. Free some space, or set HF_HOME to another folder.")
    files = "1 file" if count == 1 else f"{count} files"
    print(f"Fetching {repository}: {files}, {_size(total)}, into {cache}", flush=True)


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _bar(report: Report, total: int) -> type[tqdm]:
    """Progress bars of which the one that counts the bytes written reports them, shown or not."""
    lock = Lock()

    class Bar(tqdm):
        def __init__(self, *values: Any, name: str | None = None, **named: Any) -> None:
            self.written = 0 if name == WRITTEN else None
            super().__init__(*values, name=name, **named)  # type: ignore[no-untyped-call]

        def update(self, n: float | None = 1) -> Any:
            if self.written is not None:
                with lock:
                    self.written += int(n or 0)
                    report(self.written, total)
            return super().update(n)

    return Bar


def _sentence(repository: str, error: Exception) -> str:
    """What went wrong, and what helps."""
    if isinstance(error, GatedRepoError):
        return f"{repository} needs you to accept its terms. Accept them on its page, and set HF_TOKEN."
    if isinstance(error, RepositoryNotFoundError):
        return f"There's no repository {repository}, or HF_TOKEN doesn't give access to it."
    if isinstance(error, HfHubHTTPError) and error.response.status_code == 401:
        return f"Hugging Face doesn't accept HF_TOKEN. Set one with access to {repository}."
    if constants.is_offline_mode():
        return f"Files of {repository} aren't in the cache, and HF_HUB_OFFLINE is set."
    return f"{repository} couldn't be downloaded. Check the connection, and try again."
