"""A history file of the version before becomes one of this, whole or not at all."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image as PILImage

from backend.chat.errors import NotSaved
from backend.chat.messages import (
    AssistantMessage,
    Finished,
    Text,
    ToolCall,
    ToolMessage,
    ToolResult,
    ToolSpec,
    Usage,
    UserMessage,
)
from backend.chat.request import ChatRequest
from backend.chat.settings import GenerationSettings
from backend.chat.tree import Node
from backend.sandbox.pool import directly
from backend.storage import archive_file, sqlite
from backend.storage.document import Document, ToolPanel
from backend.storage.images import ImageStore
from backend.storage.imports import import_file
from backend.storage.sqlite import Archive

FIXTURES = Path(__file__).parent / "fixtures"
FIRST_APPLICATION = 0x4D434854  # what the version before looks for
CATS, SUMS = "a1b2c3d4e5f60718", "0102030405060708"
CALL = ToolCall("abcdefghi", "look", '{"at": "Zoë 🐈"}')
SETTINGS = GenerationSettings(0.7, 0.9, 40, 0.1, 1.1, 77, 12345, ("END",))
ASKED = ChatRequest("Be brief.", (), (ToolSpec("look", "Looks.", '{"type": "object"}'),), SETTINGS, "look", "last turn")
PANEL = ToolPanel(("my_calculator",), "[]", "required", "ask", (("look", "A cat."),))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A history file of the version before."""
    return Path(shutil.copy(FIXTURES / "history-1.sqlite", tmp_path / "kept.db"))


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


def loaded(archive: Archive, key: str) -> Document:
    document = archive.load(key)
    assert document is not None
    return document


def check_cats(document: Document) -> None:
    """That all of the first conversation of the fixtures is there."""
    nodes = list(document.history.nodes.values())
    places = {None: None, **{node.id: place for place, node in enumerate(nodes)}}
    assert [places[node.parent] for node in nodes] == [None, 0, 1, 2, 0]
    question, first, result, second, other = (node.message for node in nodes)
    assert isinstance(question, UserMessage)
    (image,) = question.images
    assert (question.parts, image.width, image.height) == ((image, Text("Who is this?")), 40, 30)
    with PILImage.open(image.path) as picture:
        assert picture.getpixel((20, 15)) == (255, 0, 0)
    usage = Finished("tool_calls", Usage(7, 3, 5, 0.25, 12.5, 2))
    assert first == AssistantMessage("I look.", (CALL,), usage, thought="Well…")
    assert result == ToolMessage(ToolResult(CALL.id, "A cat.", seconds=0.5))
    assert second == AssistantMessage("A cat.")
    assert other == AssistantMessage("A dog.", note="Stopped.")
    assert [node.asked for node in nodes] == [None, ASKED, None, ASKED, ASKED]
    assert document.history.path == (nodes[0].id, nodes[4].id)
    assert (document.title, document.name) == ("Zoë's cats", "Zoë's cats")
    assert (document.model, document.revision, document.versions) == ("Mistral Demo", "abc", {"torch": "2.9.1"})
    assert (document.prompt, document.settings, document.tools) == ("Be {today}.", SETTINGS, PANEL)
    assert (document.keep, document.updated) == ("last turn", "2026-11-24T09:30:00.000+00:00")


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(query).fetchall()


def dump(path: Path) -> list[str]:
    """All that is in a file."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        return [
            *db.iterdump(),
            *(str(db.execute(f"PRAGMA {n}").fetchone()) for n in ("application_id", "user_version")),
        ]


def test_a_file_of_the_version_before_opens_whole(old: Path, store: ImageStore) -> None:
    archive = Archive(old, store)
    entries = [(entry.id, entry.title, entry.updated) for entry in archive.entries()]
    assert entries == [
        (SUMS, "What is 2 + 2?", "2026-11-25T10:00:00.000+00:00"),
        (CATS, "Zoë's cats", "2026-11-24T09:30:00.000+00:00"),
    ]
    check_cats(loaded(archive, CATS))
    sums = loaded(archive, SUMS)
    assert [node.message for node in sums.history.nodes.values()] == [
        UserMessage((Text("What is 2 + 2?"),)),
        AssistantMessage("4.", note="Long: " + "…" * 40),
    ]
    assert [node.asked for node in sums.history.nodes.values()] == [None, ChatRequest("", seed_drawn=True)]
    assert (sums.title, sums.titled) == ("", "")
    assert (archive.search("a dog"), archive.search("WHAT IS")) == ([CATS], [SUMS])
    assert rows(old, "SELECT count(*) FROM pictures") == [(1,)]


def test_a_title_that_was_given_by_hand_is_only_undone_by_hand(old: Path, store: ImageStore) -> None:
    archive = Archive(old, store)
    late = Document(CATS, "Dogs", "2020-01-01", "2027-01-01", history=loaded(archive, CATS).history)
    archive.save(late)
    assert loaded(archive, CATS).title == "Zoë's cats"
    archive.rename(CATS, "Tigers", "2027-01-01")
    assert loaded(archive, CATS).title == "Tigers"


def test_the_old_file_is_kept_beside_it(old: Path, store: ImageStore, tmp_path: Path) -> None:
    Archive(old, store)
    beside = tmp_path / "kept.db.before-2"
    assert dump(beside) == dump(FIXTURES / "history-1.sqlite")
    assert rows(beside, "PRAGMA integrity_check") == [("ok",)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.db", "kept.db.before-2", "store"]
    again = Path(shutil.copy(beside, tmp_path / "again.db"))
    check_cats(loaded(Archive(again, store), CATS))


def test_opening_it_again_migrates_nothing(old: Path, store: ImageStore, tmp_path: Path) -> None:
    nodes = loaded(Archive(old, store), CATS).history.nodes
    before, copied = dump(old), (tmp_path / "kept.db.before-2").stat().st_mtime_ns
    again = Archive(old, ImageStore(tmp_path / "elsewhere"))
    assert list(loaded(again, CATS).history.nodes) == list(nodes)  # ids are made once
    assert dump(old) == before
    assert (tmp_path / "kept.db.before-2").stat().st_mtime_ns == copied


def test_a_copy_of_another_file_from_before_stays(old: Path, store: ImageStore, tmp_path: Path) -> None:
    (tmp_path / "kept.db.before-2").write_text("another's")
    Archive(old, store)
    assert (tmp_path / "kept.db.before-2").read_text() == "another's"
    assert dump(tmp_path / "kept.db.before-2-2") == dump(FIXTURES / "history-1.sqlite")


@pytest.fixture(params=["first_documents", "node", "end_migration", "copy"])
def breaking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that goes wrong at one of the steps."""

    def broken(*_: object, **__: object) -> object:
        raise sqlite3.OperationalError("database or disk is full")

    def documents(db: sqlite3.Connection) -> Iterator[Document]:
        yield next(archive_file.first_documents(db))
        broken()

    if request.param == "first_documents":
        monkeypatch.setattr(sqlite, "first_documents", documents)
    elif request.param == "end_migration":
        monkeypatch.setattr(archive_file, "MARKS", "PRAGMA application_id = 7; CREATE TABLE nodes (x)")
    elif request.param == "copy":
        monkeypatch.setattr(archive_file, "_copy", broken)
    else:
        saved = Archive._save_node

        def save_node(self: Archive, db: sqlite3.Connection, key: str, node: Node, is_done: bool) -> bool:
            if "dog" in str(node.message):
                broken()
            return saved(self, db, key, node, is_done)

        monkeypatch.setattr(Archive, "_save_node", save_node)


@pytest.mark.usefixtures("breaking")
def test_what_goes_wrong_on_the_way_leaves_the_old_file_as_it_was(
    old: Path, store: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotSaved, match=r"^The history file kept\.db cannot be used: [^\n]*\.$"):
        Archive(old, store)
    assert old.read_bytes() == (FIXTURES / "history-1.sqlite").read_bytes()
    monkeypatch.undo()
    check_cats(loaded(Archive(old, store), CATS))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept.db", "kept.db.before-2", "store"]


def test_the_version_before_refuses_the_file(old: Path, store: ImageStore) -> None:
    Archive(old, store)
    ((mark,),) = rows(old, "PRAGMA application_id")
    assert mark != FIRST_APPLICATION
    assert rows(old, "SELECT 1 FROM sqlite_master LIMIT 1")  # by which it tells another program's file


def test_one_damaged_conversation_does_not_keep_the_others_from_opening(
    old: Path, store: ImageStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(old)) as db, db:
        db.execute("UPDATE documents SET body = substr(body, 9) WHERE id = ?", (SUMS,))
    archive = Archive(old, store)
    assert [entry.id for entry in archive.entries()] == [CATS]
    assert "copy from before" in caplog.text
    assert (SUMS,) in rows(tmp_path / "kept.db.before-2", "SELECT id FROM documents")


def test_a_picture_that_was_gone_before_is_marked(old: Path, store: ImageStore) -> None:
    with closing(sqlite3.connect(old)) as db, db:
        db.execute("DELETE FROM pictures")
    document = loaded(Archive(old, store), CATS)
    assert len(document.history.nodes) == 5
    assert document.history.images == ()


def test_a_file_in_use_is_migrated_once_it_is_free(
    old: Path, store: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    with closing(sqlite3.connect(old)) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotSaved):
            Archive(old, store)
    check_cats(loaded(Archive(old, store), CATS))


CHILD = """
import sys
from pathlib import Path
from backend.storage.images import ImageStore
from backend.storage.sqlite import Archive
print(*[entry.id for entry in Archive(Path(sys.argv[1]), ImageStore(Path(sys.argv[2]))).entries()])
"""


@pytest.mark.parametrize("is_old", [True, False])
def test_several_processes_that_start_at_once_all_have_the_file(is_old: bool, old: Path, tmp_path: Path) -> None:
    path = old if is_old else tmp_path / "new.db"
    command = [sys.executable, "-c", CHILD, str(path)]
    children = [
        subprocess.Popen([*command, str(tmp_path / f"store{number}")], stdout=subprocess.PIPE, text=True)
        for number in range(3)
    ]
    told = [child.communicate(timeout=60)[0].split() for child in children]
    assert told == [[SUMS, CATS] if is_old else []] * 3
    assert [child.returncode for child in children] == [0, 0, 0]


def test_an_export_of_the_version_before_is_imported_whole(store: ImageStore) -> None:
    imported = import_file(FIXTURES / "export-1.json", store.take_data_url, directly)
    (document,) = imported.documents
    assert (imported.notice, imported.prompt, document.id) == ("", None, CATS)
    check_cats(document)


def test_the_fixtures_are_what_the_version_before_wrote() -> None:
    assert rows(FIXTURES / "history-1.sqlite", "PRAGMA application_id") == [(FIRST_APPLICATION,)]
    assert rows(FIXTURES / "history-1.sqlite", "PRAGMA user_version") == [(0,)]
    assert '"format": "mistral-chat/1"' in (FIXTURES / "export-1.json").read_text("utf-8")
