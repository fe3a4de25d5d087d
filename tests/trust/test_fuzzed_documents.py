"""Documents with bytes, words and parts changed end in pages, in a text or in a sentence."""

import random
from contextlib import closing
from pathlib import Path

import pytest

from backend.documents.reader import MAX_MEMORY, MODULES, DocumentReader
from backend.sandbox.pool import Sandbox
from scripts.fuzz_documents import in_parts, mutated, seeds, tried

ROUNDS = 150


@pytest.mark.parametrize("kind", ["pdf", "docx", "xlsx", "pptx"])
def test_a_changed_document_ends_in_pages_a_text_or_a_sentence(kind: str, tmp_path: Path) -> None:
    chance, files, path = random.Random(0), seeds(kind), tmp_path / "upload"
    with closing(Sandbox(5.0, MAX_MEMORY, MODULES)) as sandbox:
        reader, ends = DocumentReader(sandbox.run), set[str]()
        for _ in range(ROUNDS):
            data = chance.choice(files)
            path.write_bytes(mutated(data, chance) if kind == "pdf" else in_parts(data, chance))
            ends.add(tried(reader, path))
    assert kind in ends
    assert all(ended in (kind, "text") or ended.endswith(".") for ended in ends)
    assert not [ended for ended in ends if "takes too" in ended]
