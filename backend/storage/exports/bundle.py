"""All conversations in one file: a zip with one export of ours for each."""

import json
import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from backend.chat.parts import Image
from backend.storage.document import Document, Unreadable, data_url
from backend.storage.document_json import to_json

NOT_EXPORTED = "not exported.txt"  # in the zip: of what is missing in it, the names and why


def write_zip(
    documents: Iterable[Document | Unreadable], path: Path, address: Callable[[Image], str] = data_url
) -> int:
    """Writes the file, each picture being at the address given for it; how many conversations there are.

    Raises OSError.
    """
    count, missing = 0, list[str]()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for document in documents:
            count += 1
            if isinstance(document, Unreadable):
                missing.append(f"{document.name}: {document.problem}\n")
                continue
            name = f"{file_name(document.name)}-{document.id}.json"
            bundle.writestr(name, json.dumps(to_json(document, address), ensure_ascii=False))
        if missing:
            bundle.writestr(NOT_EXPORTED, "".join(missing))
    return count


def file_name(title: str) -> str:
    """A title as the name of a file, without its ending: letters, digits, hyphens."""
    return re.sub(r"[^\w-]+", "-", title).strip("-")[:40] or "conversation"
