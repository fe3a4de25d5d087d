"""All conversations in one file, and back."""

import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.messages import AssistantMessage, Conversation, Part, Text, UserMessage
from backend.chat.request import ChatRequest
from backend.chat.tree import ConversationTree
from backend.sandbox.pool import directly
from backend.storage.document import Document
from backend.storage.exports.bundle import write_zip
from backend.storage.images import ImageStore
from backend.storage.imports import import_file
from backend.storage.sqlite import Archive

HOSTILE = (
    "", ".", "..", "../../etc/passwd", "/etc/passwd", "C:\\Windows\\x", "a\0b", "a\nb", "-rf", "CON", "x" * 500,
    "Große Katzen?",
    "🐈", "a/b", "%2e%2e%2f", "same", "same", "…", "\u202egnp.exe", "*?<>|\"':;",
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


def document(key: str, title: str, *parts: Part) -> Document:
    asked = ChatRequest("Be brief.", seed_drawn=True)
    history = ConversationTree()
    for answer in ("One.", "Two."):
        question = UserMessage((*parts, Text(f"Who is {key}?")))
        history = history.with_branch(Conversation((question, AssistantMessage(answer))), asked)
    return Document(key, title, "2026-11-24" if title else "", "2026-11-25", history=history)


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as bundle:
        assert bundle.testzip() is None
        return bundle.namelist()


def test_all_conversations_come_back_with_their_pictures(store: ImageStore, tmp_path: Path) -> None:
    PILImage.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    red = store.take(tmp_path / "red.png", "red.png")
    kept = [document("a1", "Cats", red), document("b2", ""), document("c3", "Große Katzen", red, Text("Hm."))]
    archive = Archive(tmp_path / "kept.db", store)
    for each in kept:
        archive.save(each)
    assert write_zip(archive.documents(), tmp_path / "all.zip") == 3
    elsewhere = ImageStore(tmp_path / "elsewhere")
    imported = import_file(tmp_path / "all.zip", elsewhere.take_data_url, directly)
    assert imported.notice == ""
    back = {each.id: each for each in imported.documents}
    for each in kept:
        moved = each.history.with_images(lambda image: elsewhere.take(image.path, "again"))
        assert back.pop(each.id) == replace(each, history=moved)
    for image in (image for each in imported.documents for image in each.history.images):
        assert Path(image.path).is_relative_to(tmp_path / "elsewhere")
        with PILImage.open(image.path) as picture:
            assert picture.getpixel((20, 15)) == (255, 0, 0)


def test_what_is_without_a_picture_comes_back_the_same(store: ImageStore, tmp_path: Path) -> None:
    kept = tuple(document(f"k{number}", title) for number, title in enumerate(HOSTILE))
    write_zip(kept, tmp_path / "all.zip")
    assert import_file(tmp_path / "all.zip", store.take_data_url, directly).documents == kept


def test_the_names_in_it_are_safe_and_each_is_there_once(tmp_path: Path) -> None:
    kept = [document(f"k{number}", title) for number, title in enumerate(HOSTILE)]
    assert write_zip(kept, tmp_path / "all.zip") == len(HOSTILE)
    found = names(tmp_path / "all.zip")
    assert len({name.lower() for name in found}) == len(HOSTILE)
    assert all(re.fullmatch(r"\w[\w-]{0,80}\.json", name) for name in found)
    assert found[HOSTILE.index("Große Katzen?")].startswith("Große-Katzen-")


@pytest.mark.parametrize("key", HOSTILE)
def test_an_id_of_a_forged_file_makes_no_unsafe_name(key: str, store: ImageStore, tmp_path: Path) -> None:
    kept = (document(key, "Cats"), document(key, "Cats"), document(f"{key}/", "cats"))
    assert write_zip(kept, tmp_path / "all.zip") == 3
    found = names(tmp_path / "all.zip")
    assert len({name.lower() for name in found}) == 3
    assert all(re.fullmatch(r"\w[\w-]{0,120}\.json", name) for name in found)
    assert import_file(tmp_path / "all.zip", store.take_data_url, directly).documents == kept


def test_no_conversation_makes_an_empty_file(tmp_path: Path) -> None:
    assert write_zip([], tmp_path / "all.zip") == 0
    assert names(tmp_path / "all.zip") == []


def test_a_file_that_cannot_be_made_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        write_zip([], tmp_path / "nowhere" / "all.zip")
