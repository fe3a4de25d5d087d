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
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for document in documents:
            count += 1
            name = re.sub(r"[^\w-]+", "-", document.name).strip("-")[:40] or "conversation"
            bundle.writestr(f"{name}-{document.id}.json", json.dumps(to_json(document, data_url), ensure_ascii=False))
    return count
