"""Conversations kept in a SQLite file."""

import sqlite3
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.errors import NotSaved
from backend.chat.messages import AssistantMessage, Conversation, Image, Text, UserMessage
from backend.chat.tree import ConversationTree
from backend.storage.document import Document
from backend.storage.images import ImageStore
from backend.storage.sqlite import MAX_SEARCHED, Archive

Kept = tuple[Archive, ImageStore]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    store = ImageStore(tmp_path / "store")
    return Archive(tmp_path / "kept.db", store), store


def picture(store: ImageStore, folder: Path, colour: str) -> Image:
    path = folder / f"{colour}.png"
    PILImage.new("RGB", (40, 30), colour).save(path)
    return store.take(path, path.name)


def document(key: str, text: str, *images: Image, updated: str = "2026-11-24T09:30:00.000+00:00") -> Document:
    """A conversation of two branches; the pictures are in the branch that is not shown."""
    history = ConversationTree().with_branch(
        Conversation((UserMessage((*images, Text(text))), AssistantMessage("One.")))
    )
    history = history.with_branch(Conversation((UserMessage((Text(text),)), AssistantMessage("TWO."))))
    return Document(key, updated=updated, history=history)


def colours(document: Document | None) -> list[object]:
    """The colour of each picture of the document, as read from its file."""
    assert document is not None
    found = []
    for image in document.history.images:
        with PILImage.open(image.path) as opened:
            found.append(opened.getpixel((0, 0)))
    return found


def stored(tmp_path: Path) -> int:
    """How many pictures the file holds."""
    db = sqlite3.connect(tmp_path / "kept.db")
    (count,) = db.execute("SELECT count(*) FROM pictures").fetchone()
    db.close()
    return int(count)


def test_pictures_of_kept_conversations_outlive_the_sweep(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    archive.save(saved := document("a", "Who?", picture(store, tmp_path, "red")))
    store.sweep(days=-1)
    assert not Path(saved.history.images[0].path).exists()
    assert colours(archive.load("a")) == [(255, 0, 0)]


def test_what_was_saved_is_loaded_by_another_start_of_the_app(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    saved = document("a", "Who?", picture(store, tmp_path, "red"), picture(store, tmp_path, "blue"))
    archive.save(saved)
    again = Archive(tmp_path / "kept.db", store)
    assert again.load("a") == saved
    assert again.load("b") is None


def test_pictures_are_in_the_file_even_if_the_stores_folder_was_emptied(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    archive.save(document("a", "Who?", picture(store, tmp_path, "red"), picture(store, tmp_path, "blue")))
    for path in (tmp_path / "store").rglob("*.png"):
        path.unlink()
    loaded = archive.load("a")
    assert colours(loaded) == [(255, 0, 0), (0, 0, 255)]
    assert colours(Archive(tmp_path / "kept.db", ImageStore(tmp_path / "other")).load("a")) == colours(loaded)


def test_a_later_save_takes_the_place_of_an_earlier_one(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "Who?"))
    archive.save(later := document("a", "What?", updated="2026-11-25"))
    assert archive.load("a") == later
    assert [entry.title for entry in archive.entries()] == ["What?"]


def test_a_title_given_by_hand_survives_a_later_save(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "Who?"))
    archive.rename("a", "Cats")
    archive.save(document("a", "What?"))
    loaded = archive.load("a")
    assert loaded is not None
    assert (loaded.title, archive.entries()[0].title) == ("Cats", "Cats")


def test_renaming_what_is_not_there_keeps_nothing(kept: Kept) -> None:
    archive, _ = kept
    archive.rename("a", "Cats")
    assert archive.entries() == []


def test_a_title_that_was_taken_away_gives_way_to_the_first_words(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "Who?"))
    archive.rename("a", "")
    assert archive.entries()[0].title == "Who?"


def test_deleting_forgets_only_the_pictures_that_no_other_conversation_holds(kept: Kept, tmp_path: Path) -> None:
    archive, store = kept
    red, blue = picture(store, tmp_path, "red"), picture(store, tmp_path, "blue")
    archive.save(document("a", "Who?", red, blue))
    archive.save(document("b", "What?", blue))
    archive.delete("a")
    for path in (tmp_path / "store").rglob("*.png"):
        path.unlink()
    assert archive.load("a") is None
    assert colours(archive.load("b")) == [(0, 0, 255)]
    assert stored(tmp_path) == 1
    archive.delete("b")
    assert (archive.entries(), stored(tmp_path)) == ([], 0)


def test_the_list_has_the_newest_first(kept: Kept) -> None:
    archive, _ = kept
    for key, updated in (("a", "2026-11-24"), ("b", "2026-11-26"), ("c", "2026-11-25")):
        archive.save(document(key, "Who?", updated=updated))
    assert [entry.id for entry in archive.entries()] == ["b", "c", "a"]


def test_a_search_looks_through_the_words_of_every_branch(kept: Kept) -> None:
    archive, _ = kept
    archive.save(document("a", "Wer ist ZOË?"))
    assert set(archive.entries()[0].words.split()) == {"wer", "ist", "zoë?", "one.", "two."}
    archive.save(document("a", "x" * MAX_SEARCHED))
    assert archive.entries()[0].words == "x" * MAX_SEARCHED


@pytest.mark.parametrize("content", [b"no database at all", bytes(range(256)) * 40])
def test_a_file_that_is_no_database_is_refused_and_left_alone(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(NotSaved):
        Archive(path, ImageStore(tmp_path / "store"))
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotSaved):
        Archive(tmp_path / "nowhere" / "kept.db", ImageStore(tmp_path / "store"))


def test_another_apps_database_is_refused(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "other.db")
    db.execute("CREATE TABLE documents (number INTEGER)")
    db.close()
    with pytest.raises(NotSaved):
        Archive(tmp_path / "other.db", ImageStore(tmp_path / "store"))
