"""The name that a server gives a model -> the repository that has its tokenizer. Asks nobody.

Only where the name says which model it is: "mistral-small-latest" is another one each year.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from backend.chat.errors import ModelUnusable
from backend.models.catalogue import CATALOGUE
from backend.models.download import TOKENIZER_FILES, download

MAX_NAME = 300  # characters of a name that are looked at
_NAME = r"(?<![a-z])"  # not within another one, as in Magistral
# Names in lower case with a dash for all that is neither letter nor digit: of the hub, of Mistral's API, of Ollama.
_PATTERNS = {
    "small-3.2": _NAME + r"mistral-small(?:-?3-2|(?:-\w+)*?-2506)(?!\d)",
    "small-3.1": _NAME + r"mistral-small(?:-?3-1|(?:-\w+)*?-2503)(?!\d)",
    "ministral-14b": _NAME + r"ministral-(?:3-14b|14b(?:-\w+)*?-2512)(?!\d)",
    "ministral-8b": _NAME + r"ministral-(?:3-8b|8b(?:-\w+)*?-2512)(?!\d)",
    "ministral-3b": _NAME + r"ministral-(?:3-3b|3b(?:-\w+)*?-2512)(?!\d)",
}
_OTHERS = re.compile(r"(?:^|-)(?:base|draft)(?:-|$)")  # of the same names, with another prompt
_REASONING = re.compile(r"(?:^|-)reasoning(?:-|$)")
_CONTEXTS = {"small-3.2": 131_072, "small-3.1": 131_072}  # max_position_embeddings of their config.json
_CONTEXT = 262_144  # of Ministral 3


@dataclass(frozen=True)
class KnownModel:
    """A model that a server's name for it gives away: its repository, its context in tokens, whether it `thinks`."""

    repository: str
    context: int
    thinks: bool = False


def known_model(name: str) -> KnownModel | None:
    """The model that is served under this name, which may be a file's; None where the name does not say."""
    plain = re.sub(r"[^a-z0-9]+", "-", name[:MAX_NAME].lower())
    found = next((model for model, pattern in _PATTERNS.items() if re.search(pattern, plain)), None)
    if found and _REASONING.search(plain):
        found = next((name for name in CATALOGUE if name == f"{found}-reasoning"), None)
    if found is None or _OTHERS.search(plain):
        return None
    return KnownModel(CATALOGUE[found].source, _CONTEXTS.get(found, _CONTEXT), CATALOGUE[found].thinks)


def tokenizer_folder(repository: str) -> Path:
    """The folder with the repository's tokenizer, and with its system prompt where it has one.

    Fetched (17 MB), which is said in the terminal before, or taken from the cache. Raises ModelUnusable.
    """
    folder = download(repository, files=TOKENIZER_FILES)
    if not (folder / "tekken.json").is_file():
        raise ModelUnusable(f"{repository} has no tekken.json (the tokenizer).")
    return folder


def tokenizer_file(path: str) -> Path:
    """The tekken.json that somebody named, or the one in the folder that they named. Raises ModelUnusable."""
    given = Path(path).expanduser()
    file = given / "tekken.json" if given.is_dir() else given
    if not file.is_file():
        raise ModelUnusable(f"--tokenizer names {path}, which is neither a tekken.json nor a folder with one.")
    return file
