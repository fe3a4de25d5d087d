"""Picture files with their lengths, counts and offsets changed: always a picture or one sentence, within the limits.

A short run of scripts/fuzz_pictures.py; `tests/trust/pictures` holds what longer ones have found.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.sandbox.pool import Sandbox
from backend.storage.images import MAX_MEMORY, MAX_SECONDS
from scripts.fuzz_pictures import Watched, changed, seeds

FOUND = sorted((Path(__file__).parent / "pictures").iterdir())
EACH = 12  # files of each kind
pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="memory is looked at in /proc")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    sandbox = Sandbox(MAX_SECONDS, MAX_MEMORY, ["backend.storage.images"])
    yield Watched(tmp_path_factory.mktemp("kept"), sandbox)
    sandbox.close()


@pytest.mark.parametrize("file", FOUND, ids=lambda file: file.name)
def test_a_file_that_was_no_picture_and_no_damage_is_told_as_damage(watched: Watched, file: Path) -> None:
    assert watched.take(file.read_bytes()) == ("a sentence", "")


def test_files_with_changed_numbers_end_in_a_picture_or_a_sentence(watched: Watched) -> None:
    ends = set()
    for number, (kind, data) in enumerate(seeds()):
        assert watched.take(data) == ("a picture", ""), kind
        for each, _ in zip(changed(data, random.Random(number)), range(EACH), strict=False):
            ended, said = watched.take(each)
            assert (ended in ("a picture", "a sentence"), said) == (True, ""), kind
            ends.add(ended)
    assert ends == {"a picture", "a sentence"}
