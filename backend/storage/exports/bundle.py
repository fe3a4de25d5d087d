"""All conversations in one file: a zip with one export of ours for each."""

import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from backend.storage.document import Document, data_url
from backend.storage.document_json import to_json


def write_zip(documents: Iterable[Document], path: Path) -> int:
    """Writes the file, pictures inside; how many conversations are in it. Raises OSError."""
    names = set[str]()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for document in documents:
            stem = f"{_safe(document.name) or 'conversation'}-{_safe(document.id) or 'x'}"
            while stem.lower() in names:
                stem += f"-{len(names)}"
            names.add(stem.lower())
            bundle.writestr(f"{stem}.json", json.dumps(to_json(document, data_url), ensure_ascii=False))
    return len(names)


def _safe(text: str) -> str:
    """The beginning of a text, of letters and digits alone."""
    return re.sub(r"[\W_]+", "-", text).strip("-")[:40].rstrip("-")
