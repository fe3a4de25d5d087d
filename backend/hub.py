"""Fetching a model's files from the hub, and the sentences for when that fails. The only place that speaks with it."""

from pathlib import Path

import httpx2
from huggingface_hub import constants, snapshot_download
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError
from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # public, but without an `as`

FILES = ("config.json", "generation_config.json", "tekken.json", "SYSTEM_PROMPT.txt", "model*.safetensors*")
# What httpx2, huggingface_hub and hf_xet (RuntimeError) raise where a connection breaks or an answer makes no sense.
FAILED = (httpx2.HTTPError, OSError, RuntimeError, ValueError)


class HubError(Exception):
    """A repository's files cannot be had. Its text is one sentence for the person who named it."""


def is_repository(name: str) -> bool:
    """Whether the hub could have a repository of this name."""
    try:
        validate_repo_id(name)
    except HFValidationError:
        return False
    return "/" in name


def fetch(repository: str) -> Path:
    """The folder with the repository's files, which are fetched or taken from the cache. Raises HubError."""
    try:
        return Path(snapshot_download(repository, allow_patterns=list(FILES)))
    except FAILED as error:
        raise HubError(_sentence(repository, error)) from error


def _sentence(repository: str, error: Exception) -> str:
    """What went wrong, and what helps."""
    if isinstance(error, GatedRepoError):
        return f"{repository} asks for an agreement: accept it on its page and set HF_TOKEN."
    if isinstance(error, RepositoryNotFoundError):
        return f"There is no repository {repository}, or HF_TOKEN does not open it."
    if isinstance(error, HfHubHTTPError) and error.response.status_code == 401:
        return f"The hub does not accept HF_TOKEN: set one that opens {repository}."
    if constants.is_offline_mode():
        return f"The cache lacks files of {repository}, and HF_HUB_OFFLINE forbids to fetch them."
    return f"{repository} could not be downloaded: check the connection and start again."
